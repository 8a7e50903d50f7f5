#define _GNU_SOURCE
#include "CAgentShim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

const int cas_path = O_PATH;

static int argument_count;
static char **arguments;

// glibc calls constructors with main's arguments.
__attribute__((constructor)) static void keep_arguments(int count, char **values) {
    argument_count = count;
    arguments = values;
}

const char *cas_argument(int index) {
    return index >= 0 && index < argument_count ? arguments[index] : NULL;
}

static int result(long value) {
    return value < 0 ? errno : 0;
}

int cas_open(int directory, const char *path, int flags, mode_t mode, int *descriptor) {
    struct open_how how = {
        .flags = (uint64_t)(unsigned)flags | O_CLOEXEC,
        .mode = (flags & O_CREAT) ? mode : 0,
        .resolve = RESOLVE_NO_MAGICLINKS,
    };
    long opened;
    // EAGAIN: a rename raced with the walk (openat2(2)); the walk is short, so it cannot go on for ever.
    int tries = 0;
    do {
        opened = syscall(SYS_openat2, directory, path, &how, sizeof how);
    } while (opened < 0 && (errno == EINTR || (errno == EAGAIN && ++tries < 32)));
    if (opened < 0) return errno;
    *descriptor = (int)opened;
    return 0;
}

int cas_rename(int from_directory, const char *from, int to_directory, const char *to, int replaces) {
    return result(renameat2(from_directory, from, to_directory, to, replaces ? 0 : RENAME_NOREPLACE));
}

int cas_become_subreaper(void) {
    return result(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
}

int cas_child_signals(int *descriptor) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) return errno;
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR) return errno;
    int opened = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (opened < 0) return errno;
    *descriptor = opened;
    return 0;
}

int cas_forget_signals(int descriptor) {
    struct signalfd_siginfo information;
    int is_to_end = 0;
    while (read(descriptor, &information, sizeof information) > 0)
        if (information.ssi_signo == SIGTERM) is_to_end = 1;
    return is_to_end;
}

int cas_save_real_uid(void) {
    return result(setresuid((uid_t)-1, (uid_t)-1, getuid()));
}

int cas_close_from(int first) {
    return result(syscall(SYS_close_range, first, ~0U, 0));
}

uint64_t cas_boot_ticks(void) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    uint64_t ticks = (uint64_t)sysconf(_SC_CLK_TCK);
    return (uint64_t)now.tv_sec * ticks + (uint64_t)now.tv_nsec * ticks / 1000000000;
}

int cas_interrupt_signal(void) {
    return SIGRTMAX - 1;
}

int cas_inotify(int *descriptor) {
    int opened = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (opened < 0) return errno;
    *descriptor = opened;
    return 0;
}

int cas_watch(int inotify, const char *path, uint32_t mask, int *watch) {
    int added = inotify_add_watch(inotify, path, mask);
    if (added < 0) return errno;
    *watch = added;
    return 0;
}

size_t cas_next_event(const void *buffer, size_t length, struct cas_event *event) {
    struct inotify_event header;
    if (length < sizeof header) return 0;
    memcpy(&header, buffer, sizeof header);
    if (length - sizeof header < header.len) return 0;
    event->watch = header.wd;
    event->mask = header.mask;
    event->cookie = header.cookie;
    event->name = header.len > 0 ? (const char *)buffer + sizeof header : NULL;
    return sizeof header + header.len;
}
