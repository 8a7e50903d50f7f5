#ifndef CTESTSHIM_H
#define CTESTSHIM_H

// What the tests need from the kernel and Swift's Glibc module does not show. Every function returns 0 or an
// errno value.

#include <spawn.h>
#include <stddef.h>
#include <sys/types.h>

#pragma clang assume_nonnull begin

/// A descriptor that names `pid` until it is closed, and is readable once the process has ended. pidfd_open(2).
int ct_pidfd(pid_t pid, int *descriptor);

/// Signals the process of a pidfd. pidfd_send_signal(2).
int ct_signal(int pidfd, int signal);

/// Waits until a pidfd's process has ended; ETIMEDOUT if it has not by then. -1 waits for ever.
int ct_wait_end(int pidfd, int timeout_milliseconds);

/// Closes everything from `first` on in the new program. posix_spawn_file_actions_addclosefrom_np(3).
int ct_close_from(posix_spawn_file_actions_t *actions, int first);

/// How often the bytes of `wanted` stand in `text`. memmem(3). No errno value.
ssize_t ct_count(const void *text, size_t length, const void *wanted, size_t wanted_length);

/// Mounts a new file system of this type. mount(2).
int ct_mount(const char *type, const char *target);

/// Unmounts lazily. umount2(2).
int ct_unmount(const char *target);

#pragma clang assume_nonnull end

#endif
