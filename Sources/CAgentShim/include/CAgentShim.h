#ifndef CAGENTSHIM_H
#define CAGENTSHIM_H

// System calls of the agent that Swift's Glibc module hides or cannot express. None of them needs a privilege.
// Every function returns 0 or an errno value; descriptors are close-on-exec from birth.

#include <stdint.h>
#include <sys/types.h>

#pragma clang assume_nonnull begin

/// O_PATH, open(2): names a place without opening it.
extern const int cas_path;

/// The argument of that number, NULL if there is none. Swift looks them up in /proc/self, which the file agent's /proc,
/// being another PID namespace's, does not have.
const char *_Nullable cas_argument(int index);

/// Opens `path` without following any magic link of /proc. openat2(2), RESOLVE_NO_MAGICLINKS.
int cas_open(int directory, const char *path, int flags, mode_t mode, int *descriptor);

/// Renames; where `replaces` is 0, only if nothing is at the target (EEXIST). renameat2(2).
int cas_rename(int from_directory, const char *from, int to_directory, const char *to, int replaces);

/// Makes this process the parent of what its descendants leave behind. PR_SET_CHILD_SUBREAPER, prctl(2).
int cas_become_subreaper(void);

/// Blocks SIGCHLD and SIGTERM, ignores SIGPIPE, and gives a descriptor that is readable after one of the two.
/// signalfd(2).
int cas_child_signals(int *descriptor);

/// Reads away what `cas_child_signals` reported; 1 if SIGTERM was among it.
int cas_forget_signals(int descriptor);

/// Makes the saved uid the real one. setresuid(2)
int cas_save_real_uid(void);

/// Closes every descriptor from `first` on. close_range(2).
int cas_close_from(int first);

/// Time since boot in the clock ticks of /proc/<pid>/stat, field 22. proc(5).
uint64_t cas_boot_ticks(void);

/// The number of the real-time signal that interrupts the shell: SIGRTMAX - 1. signal(7).
int cas_interrupt_signal(void);

/// A new inotify instance, nonblocking. inotify_init1(2).
int cas_inotify(int *descriptor);

/// Watches the file or directory at `path`. inotify_add_watch(2).
int cas_watch(int inotify, const char *path, uint32_t mask, int *watch);

/// One inotify event taken from the front of a buffer: bytes used, or 0 if none is there whole.
struct cas_event {
    int watch;
    uint32_t mask;
    uint32_t cookie;
    const char *_Nullable name;
};
size_t cas_next_event(const void *buffer, size_t length, struct cas_event *event);

#pragma clang assume_nonnull end

#endif
