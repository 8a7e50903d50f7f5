#define _GNU_SOURCE
#include "cns_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int hold(int family, uint16_t *port, int backlog, int *descriptor) {
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(*port), .sin6_addr = in6addr_any};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(*port)};
    int is_six = family == AF_INET6;
    int error = 0, off = 0, on = 1;
    int listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0) return errno;
    if (is_six && setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0) error = errno;
    // Connections of an earlier run wait a minute in TIME_WAIT and would refuse the port to this one; those
    // that the server accepted have SO_REUSEADDR themselves. It is on for these two calls only: while the
    // socket is held with it off, no other socket can be bound beside it, whatever its own options.
    if (!error && setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) error = errno;
    const struct sockaddr *address = is_six ? (const struct sockaddr *)&six : (const struct sockaddr *)&four;
    socklen_t length = is_six ? sizeof six : sizeof four;
    if (!error && bind(listener, address, length) != 0) error = errno;
    if (!error && listen(listener, backlog) != 0) error = errno;
    if (!error && setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &off, sizeof off) != 0) error = errno;
    struct sockaddr_in6 bound;
    socklen_t bound_length = sizeof bound;
    if (!error && getsockname(listener, (struct sockaddr *)&bound, &bound_length) != 0) error = errno;
    if (error) {
        close(listener);
        return error;
    }
    *port = ntohs(bound.sin6_port);  // the port lies at the same place in both families
    *descriptor = listener;
    return 0;
}

static int hold_any(int family, uint16_t *port, int backlog, int *descriptor) {
    if (*port != 0) return hold(family, port, backlog, descriptor);
    // A port that the kernel picked is let go of by shutdown(2); one that was asked for by number is not
    // (SOCK_BINDPORT_LOCK). So ask by number for what the kernel picked.
    int error = EADDRINUSE;
    for (int attempt = 0; attempt < 16 && error == EADDRINUSE; attempt++) {
        uint16_t picked = 0;
        int probe = -1;
        error = hold(family, &picked, backlog, &probe);
        if (error) return error;
        close(probe);
        error = hold(family, &picked, backlog, descriptor);
        if (!error) *port = picked;
    }
    return error;
}

int cns_hold_port(uint16_t *port, int backlog, int *descriptor) {
    int error = hold_any(AF_INET6, port, backlog, descriptor);
    if (error != EAFNOSUPPORT && error != EADDRNOTAVAIL) return error;
    return hold_any(AF_INET, port, backlog, descriptor);
}

int cns_listen_again(int descriptor, int backlog) { return listen(descriptor, backlog) == 0 ? 0 : errno; }
