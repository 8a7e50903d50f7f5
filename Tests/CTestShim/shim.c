#define _GNU_SOURCE
#include "CTestShim.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

int ct_pidfd(pid_t pid, int *descriptor) {
    *descriptor = (int)syscall(SYS_pidfd_open, pid, 0);
    return *descriptor >= 0 ? 0 : errno;
}

int ct_signal(int pidfd, int signal) {
    return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) == 0 ? 0 : errno;
}

int ct_wait_end(int pidfd, int timeout_milliseconds) {
    struct pollfd watched = {.fd = pidfd, .events = POLLIN};
    int ready;
    do ready = poll(&watched, 1, timeout_milliseconds);
    while (ready < 0 && errno == EINTR);
    return ready < 0 ? errno : ready == 0 ? ETIMEDOUT : 0;
}

int ct_close_from(posix_spawn_file_actions_t *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

ssize_t ct_count(const void *text, size_t length, const void *wanted, size_t wanted_length) {
    ssize_t count = 0;
    const char *rest = text, *end = rest + length;
    while ((rest = memmem(rest, (size_t)(end - rest), wanted, wanted_length)) != NULL) {
        count++;
        rest++;
    }
    return count;
}

int ct_mount(const char *type, const char *target) {
    return mount("workspace", target, type, 0, NULL) == 0 ? 0 : errno;
}

int ct_unmount(const char *target) { return umount2(target, MNT_DETACH) == 0 ? 0 : errno; }
