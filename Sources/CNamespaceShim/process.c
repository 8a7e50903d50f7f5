#define _GNU_SOURCE
#include "cns_process.h"
#include "cns_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

const uint64_t cns_new_pid = CLONE_NEWPID, cns_new_mount = CLONE_NEWNS, cns_new_ipc = CLONE_NEWIPC,
               cns_new_uts = CLONE_NEWUTS;

int cns_clone_child(uint64_t flags, int control_group, int exit_signal, struct cns_child *child) {
    struct clone_args arguments = {
        .flags = flags | CLONE_PIDFD | CLONE_CLEAR_SIGHAND | (control_group >= 0 ? CLONE_INTO_CGROUP : 0),
        .pidfd = (uint64_t)(uintptr_t)&child->pidfd,
        .exit_signal = (uint64_t)exit_signal,
        .cgroup = control_group >= 0 ? (uint64_t)control_group : 0,
    };
    long pid = syscall(SYS_clone3, &arguments, sizeof arguments);
    // Container profiles without SYS_ADMIN answer ENOSYS, because they cannot look at clone3's flags. The old
    // call has room for all but CLEAR_SIGHAND, which the first step of every child makes up for, and for
    // a cgroup, which nothing does.
    if (pid < 0 && errno == ENOSYS && control_group < 0)
        pid = syscall(SYS_clone, (unsigned long)(flags | CLONE_PIDFD | (uint64_t)exit_signal), 0, &child->pidfd, 0, 0);
    if (pid < 0) return -1;
    if (pid > 0) child->pid = (pid_t)pid;
    return pid > 0;
}

int cns_clone(uint64_t namespaces, int control_group, const struct cns_step *steps, size_t count, int report,
              struct cns_child *child) {
    int side = cns_clone_child(namespaces, control_group, SIGCHLD, child);
    if (side < 0) return errno;
    if (side > 0) return 0;
    cns_run_steps(steps, count, report);
    _exit(127);
}

/// The pid of a pidfd's process in this namespace: the line "Pid:" of its fdinfo. proc_pid_fdinfo(5).
static int pid_of(int pidfd, pid_t *pid) {
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", pidfd);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return errno;
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    text[length > 0 ? length : 0] = 0;
    const char *line = strstr(text, "\nPid:");
    int found = line ? atoi(line + 5) : 0;
    if (found <= 0) return ESRCH;
    *pid = (pid_t)found;
    return 0;
}

void cns_end_child(int pidfd) {
    siginfo_t ended;
    cns_signal(pidfd, SIGKILL);
    waitid(P_PIDFD, (id_t)pidfd, &ended, WEXITED | __WALL);
    close(pidfd);
}

struct joiner {
    uint64_t namespaces;
    int control_group;
    const struct cns_step *steps;
    size_t count;
    int report;
    struct cns_child *child;
    int error;
};

static int join_and_clone(void *argument) {
    struct joiner *joiner = argument;
    // CLONE_PARENT makes the helper the parent; the exit signal is then the joiner's own, SIGCHLD.
    // Without CLONE_VM the new child gets a copy of the memory, while its pidfd lands in the shared table.
    uint64_t flags = joiner->namespaces | CLONE_NEWPID | CLONE_PARENT;
    int side = cns_clone_child(flags, joiner->control_group, 0, joiner->child);
    if (side == 0) {
        cns_run_steps(joiner->steps, joiner->count, joiner->report);
        _exit(127);
    }
    joiner->error = side < 0 ? errno : 0;
    _exit(0);
}

int cns_clone_nested(uint64_t namespaces, int control_group, const struct cns_step *steps, size_t count, int report,
                     struct cns_child *child) {
    static _Alignas(16) char stack[65536];
    child->pidfd = -1;
    struct joiner joiner = {namespaces, control_group, steps, count, report, child, ECHILD};
    // CLONE_VFORK: this process stands still until the joiner is gone, so they never run on the same memory
    // at once. CLONE_FILES: the pidfd must end up here.
    int pid = clone(join_and_clone, stack + sizeof stack, CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD, &joiner);
    if (pid < 0) return errno;
    while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR) {}
    int error = joiner.error;
    // A namespace that dies under the joiner may have taken it after its clone: ECHILD, but with a child.
    if (error && child->pidfd >= 0) cns_end_child(child->pidfd);
    if (error) return error;
    // What clone3 told the joiner is a pid of the joiner's namespace, not of this one.
    error = pid_of(child->pidfd, &child->pid);
    if (error) cns_end_child(child->pidfd);
    return error;
}

int cns_clone_user_namespace(struct cns_child *child) {
    int side = cns_clone_child(CLONE_NEWUSER, -1, SIGCHLD, child);
    if (side < 0) return errno;
    if (side > 0) return 0;
    for (;;) pause();
}

int cns_join(int descriptor, int type) { return syscall(SYS_setns, descriptor, type) == 0 ? 0 : errno; }

static uint64_t microseconds(struct timeval time) {
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec;
}

static int reap(pid_t *pid, int wait, struct cns_end *end) {
    struct rusage usage;
    int status;
    pid_t reaped;
    do reaped = wait4(*pid, &status, (wait ? 0 : WNOHANG) | __WALL, &usage);
    while (reaped < 0 && errno == EINTR);
    if (reaped < 0) return errno;
    if (reaped == 0) return EAGAIN;
    *pid = reaped;
    *end = (struct cns_end){status, microseconds(usage.ru_utime), microseconds(usage.ru_stime),
                            (uint64_t)usage.ru_maxrss};
    return 0;
}

int cns_reap(pid_t pid, int wait, struct cns_end *end) { return reap(&pid, wait, end); }

int cns_reap_any(pid_t *pid, struct cns_end *end) {
    *pid = -1;
    return reap(pid, 0, end);
}

int cns_signal(int pidfd, int signal) {
    return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) == 0 ? 0 : errno;
}

int cns_pidfd(pid_t pid, int *pidfd) {
    *pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    return *pidfd >= 0 ? 0 : errno;
}

int cns_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0 ? 0 : errno; }

int cns_signal_descriptor(int *descriptor) {
    sigset_t all, wanted;
    sigfillset(&all);
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGCHLD);
    sigaddset(&wanted, SIGTERM);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGHUP);
    if (sigprocmask(SIG_SETMASK, &all, NULL) != 0) return errno;
    *descriptor = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    return *descriptor >= 0 ? 0 : errno;
}

int cns_read_signal(int descriptor, int *signal) {
    struct signalfd_siginfo pending;
    ssize_t length = read(descriptor, &pending, sizeof pending);
    *signal = length == sizeof pending ? (int)pending.ssi_signo : 0;
    return length < 0 && errno != EAGAIN && errno != EINTR ? errno : 0;
}

int cns_close_from(unsigned first) { return syscall(SYS_close_range, first, ~0U, 0) == 0 ? 0 : errno; }

static char *title_start;
static size_t title_length;

void cns_remember_title_area(char **arguments, char **environment) {
    // The strings lie one behind the other (execve(2)); stop at the first gap.
    char *end = title_start = arguments[0];
    if (!end) return;
    for (char **list = arguments; *list; list++)
        if (*list == end) end += strlen(end) + 1;
    for (char **list = environment; list && *list; list++)
        if (*list == end) end += strlen(end) + 1;
    title_length = (size_t)(end - title_start);
}

void cns_set_title(const char *title) {
    prctl(PR_SET_NAME, title, 0, 0, 0);
    if (title_length == 0) return;
    explicit_bzero(title_start, title_length);
    // Too little room: an empty command line, for which ps shows the name set above in brackets.
    if (strlen(title) < title_length) strcpy(title_start, title);
}

uint64_t cns_monotonic_microseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void cns_wipe(void *start, size_t length) { explicit_bzero(start, length); }

int cns_receive_report(int socket, struct cns_received *received) {
    union {
        char bytes[CMSG_SPACE(sizeof(int) * 4)];
        struct cmsghdr align;
    } control;
    struct iovec vector = {.iov_base = &received->report, .iov_len = sizeof received->report};
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    received->count = 0;
    ssize_t length;
    // ECONNRESET: the child closed its end without reading all that was sent to it. The kernel says so once,
    // and before it gives out what the child had sent.
    do length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    while (length < 0 && (errno == EINTR || errno == ECONNRESET));
    if (length < 0) return errno;
    received->length = (size_t)length;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
        received->count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        if (received->count > 4) received->count = 4;
        memcpy(received->descriptors, CMSG_DATA(header), received->count * sizeof(int));
    }
    return 0;
}

int cns_wait_readable(int descriptor, int timeout_milliseconds) {
    struct pollfd watched = {.fd = descriptor, .events = POLLIN};
    int ready;
    do ready = poll(&watched, 1, timeout_milliseconds);
    while (ready < 0 && errno == EINTR);
    return ready < 0 ? errno : ready == 0 ? ETIMEDOUT : 0;
}

int cns_resize_terminal(int descriptor, uint16_t rows, uint16_t columns) {
    struct winsize size = {.ws_row = rows, .ws_col = columns};
    return ioctl(descriptor, TIOCSWINSZ, &size) == 0 ? 0 : errno;
}

int cns_tell_shepherd(int status_socket) {
    return send(status_socket, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1 ? 0 : errno;
}

int cns_tell_keeper(int status_socket, char what) {
    return send(status_socket, &what, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1 ? 0 : errno;
}

int cns_raise_open_files(uint64_t *limit) {
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) return errno;
    files.rlim_cur = files.rlim_max;
    *limit = files.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &files) == 0 ? 0 : errno;
}

uint64_t cns_memory_bytes(void) {
    struct sysinfo machine;
    return sysinfo(&machine) == 0 ? (uint64_t)machine.totalram * machine.mem_unit : 0;
}

int cns_open_standard(void) {
    int descriptor;
    do descriptor = open("/dev/null", O_RDWR);
    while (descriptor >= 0 && descriptor <= 2);
    if (descriptor < 0) return errno;
    close(descriptor);
    return 0;
}
