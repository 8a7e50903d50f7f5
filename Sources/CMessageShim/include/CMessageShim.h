#ifndef CMESSAGESHIM_H
#define CMESSAGESHIM_H

// System calls that both sides of the helper socket need and that Swift's Glibc module hides or cannot
// express (variadic, macro-built control messages, GNU extensions). None of them needs a privilege.
// Every function returns 0 or an errno value; descriptors are close-on-exec from birth.

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#pragma clang assume_nonnull begin

/// A connected pair of SOCK_SEQPACKET sockets: record boundaries are kept, order too. unix(7).
int cms_socketpair(int ends[static 2]);

/// A pair of SOCK_STREAM sockets. unix(7).
int cms_streampair(int ends[static 2]);

/// A pipe; ends[0] is read from. pipe2(2).
int cms_pipe(int ends[static 2]);

/// Sends one record with at most 8 descriptors in one packet. EAGAIN if `dont_wait` and the peer's queue is
/// full, EINVAL for an empty record, which the peer would take for the end.
int cms_send(int socket, const void *record, size_t length, const int *_Nullable descriptors,
             size_t descriptor_count, int dont_wait);

/// Receives one record. `descriptor_count` holds the capacity of `descriptors` and is set to the number
/// received. A record or control message that did not fit, foreign control messages, too many descriptors, or
/// descriptors without a record give EBADMSG, with every received descriptor closed. A length of 0 means the
/// peer is gone, or sent an empty packet, which is no record either.
int cms_receive(int socket, void *buffer, size_t capacity, size_t *length, int *descriptors,
                size_t *descriptor_count, int dont_wait);

/// An anonymous file that can be sealed. memfd_create(2).
int cms_memfd(const char *name, int *descriptor);

/// Adds the seals that make a memfd immutable for ever: write, shrink, grow, seal. fcntl(2).
int cms_seal(int descriptor);

/// 0 if the descriptor is a memfd with all four seals, EPERM if seals miss, else fcntl's error.
int cms_check_sealed(int descriptor);

/// uid and pid of the process that connected a Unix socket. SO_PEERCRED, unix(7).
int cms_peer(int socket, uid_t *uid, pid_t *pid);

/// A listening SOCK_SEQPACKET socket at `path`, with mode 0660 less the umask. Needs the path to be free.
int cms_listen(const char *path, int backlog, int *descriptor);

/// Connects to the SOCK_SEQPACKET socket at `path`.
int cms_connect(const char *path, int *descriptor);

/// Accepts one connection.
int cms_accept(int listener, int *descriptor);

/// Bytes that can be read right now. FIONREAD, ioctl_tty(2), pipe(7).
int cms_readable_bytes(int descriptor, size_t *bytes);

/// prctl(2) values of this process: 1 if no_new_privs is set, the seccomp mode, 1 if it is dumpable.
int cms_process_state(int *no_new_privs, int *seccomp_mode, int *dumpable);

/// Makes this process's memory and /proc files unreadable for others of its uid. PR_SET_DUMPABLE, prctl(2).
int cms_set_not_dumpable(void);

/// Installs the BPF program in a sealed file for every thread of this process. Needs no_new_privs. EPERM if
/// the file is not sealed, EINVAL if it is no program. seccomp(2), SECCOMP_FILTER_FLAG_TSYNC.
int cms_install_filter(int descriptor);

#pragma clang assume_nonnull end

#endif
