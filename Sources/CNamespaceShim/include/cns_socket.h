#ifndef CNS_SOCKET_H
#define CNS_SOCKET_H

#include <stdint.h>

#pragma clang assume_nonnull begin

/// A listening TCP socket on all addresses of both families, held without SO_REUSEADDR and SO_REUSEPORT: in
/// this form no other socket, of whatever uid, can take the port, whether the socket is being served or not.
/// Falls back to 0.0.0.0 only where the kernel has no IPv6 at all. Port 0 picks one; `port` gets the number.
int cns_hold_port(uint16_t *port, int backlog, int *descriptor);

/// listen(2) once more, after something shut a shared listener down.
int cns_listen_again(int descriptor, int backlog);

#pragma clang assume_nonnull end

#endif
