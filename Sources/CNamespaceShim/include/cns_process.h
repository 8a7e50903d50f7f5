#ifndef CNS_PROCESS_H
#define CNS_PROCESS_H

#include "cns_step.h"

#pragma clang assume_nonnull begin

/// A new child.
struct cns_child {
    pid_t pid;  ///< in the caller's pid namespace
    int pidfd;
};

/// clone3(2) of a child that runs `steps` and never returns. `namespaces` are CLONE_NEW* flags. The child
/// reports over `report` (a SEQPACKET socket), which is closed on success by CNS_EXECUTE,
/// CNS_EXIT, CNS_SHEPHERD or CNS_REAP_*.
///
/// Unless `control_group` is -1, the child begins its life in that cgroup (CLONE_INTO_CGROUP, Linux 5.7).
int cns_clone(uint64_t namespaces, int control_group, const struct cns_step *steps, size_t count, int report,
              struct cns_child *child);

/// The same, but the child becomes pid 1 of a new pid namespace below the one that the caller's next
/// children go to (setns(2) with CLONE_NEWPID). The kernel makes nested pid namespaces only for a process
/// that is inside the parent one, so a joiner that shares the caller's memory and descriptors does it with
/// CLONE_PARENT and is gone when this returns.
int cns_clone_nested(uint64_t namespaces, int control_group, const struct cns_step *steps, size_t count, int report,
                     struct cns_child *child);

/// A child in a new user namespace that only waits to be killed; its maps are the caller's to write.
int cns_clone_user_namespace(struct cns_child *child);

/// setns(2).
int cns_join(int descriptor, int type);

/// The end of a child: wait(2) status and resource usage.
struct cns_end {
    int status;
    uint64_t user_microseconds, system_microseconds, maximum_resident_kib;
};

/// Reaps `pid`; EAGAIN if it is still running and `wait` is 0. wait4(2).
int cns_reap(pid_t pid, int wait, struct cns_end *end);

/// Reaps any child that has ended; EAGAIN if none has, ECHILD if there is none.
int cns_reap_any(pid_t *pid, struct cns_end *end);

/// pidfd_send_signal(2). ESRCH if the process has been reaped.
int cns_signal(int pidfd, int signal);

/// pidfd_open(2).
int cns_pidfd(pid_t pid, int *pidfd);

/// Marks this process as the reaper of its orphaned descendants. prctl(2).
int cns_become_subreaper(void);

/// Blocks all signals and returns a descriptor for SIGCHLD, SIGTERM, SIGINT and SIGHUP. signalfd(2).
int cns_signal_descriptor(int *descriptor);

/// Reads one pending signal number; 0 when none is pending.
int cns_read_signal(int descriptor, int *signal);

/// Closes every descriptor from `first` on. close_range(2).
int cns_close_from(unsigned first);

/// Overwrites this process's argument and environment strings, so that ps and /proc/self/environ show
/// `title` alone; the thread's name too.
void cns_set_title(const char *title);

/// Remembers where the kernel put this process's arguments and environment: one contiguous area.
void cns_remember_title_area(char *_Nullable *_Nonnull arguments, char *_Nullable *_Nullable environment);

/// CLOCK_MONOTONIC in microseconds. clock_gettime(2).
uint64_t cns_monotonic_microseconds(void);

/// memset that the compiler keeps. explicit_bzero(3).
void cns_wipe(void *start, size_t length);

/// One record from a child over the report socket, with its descriptors; `length` 0 at the end.
struct cns_received {
    struct cns_report report;
    size_t length;
    int descriptors[4];
    size_t count;
};

/// Receives one record without waiting. EAGAIN if nothing is there.
int cns_receive_report(int socket, struct cns_received *received);

/// Writes one byte to a shepherd: it is to stay until nobody is left below it.
int cns_tell_shepherd(int status_socket);

/// What the helper can tell a keeper: to ask everybody to end (SIGTERM), or to end everybody and itself.
enum { CNS_KEEPER_TERMINATE = 'T', CNS_KEEPER_END = 'E' };

/// Tells a keeper one of the two. Nothing comes back but its end.
int cns_tell_keeper(int status_socket, char what);

/// Mounts a small tmpfs of mode 0711 on a directory of a read-only file system. mount(2).
int cns_mount_writable(const char *directory);

/// 1 if a tmpfs can be kept out of swap: the mount option `noswap`, Linux 6.4, outside of user namespaces. tmpfs(5).
int cns_keeps_from_swap(void);

/// A mount of the cgroup version 2 file system that is attached nowhere; `descriptor` is its root directory, which is
/// the root of this process's cgroup namespace. fsopen(2), fsmount(2).
int cns_mount_control_groups(int *descriptor);

/// 1 if a service manager has given this cgroup away (the xattr `trusted.delegate` or `user.delegate` is 1).
int cns_is_delegated(int directory);

/// Makes sure that descriptors 0, 1 and 2 exist, as /dev/null where they do not.
int cns_open_standard(void);

/// Raises the soft limit on open files to the hard one; returns it through `limit`. Children set their own.
int cns_raise_open_files(uint64_t *limit);

/// Waits until one descriptor is readable or hung up; 0, or ETIMEDOUT. poll(2).
int cns_wait_readable(int descriptor, int timeout_milliseconds);

/// Changes the size of a terminal, given either of its ends. ioctl_tty(2), TIOCSWINSZ.
int cns_resize_terminal(int descriptor, uint16_t rows, uint16_t columns);

/// The machine's memory in bytes. sysinfo(2).
uint64_t cns_memory_bytes(void);

/// Constants that Swift's Glibc module hides.
extern const uint64_t cns_new_pid, cns_new_mount, cns_new_ipc, cns_new_uts;
extern const uint64_t cns_attribute_read_only, cns_attribute_no_suid, cns_attribute_no_dev;

#pragma clang assume_nonnull end

#endif
