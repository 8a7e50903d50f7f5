#define _GNU_SOURCE
#include "cns_internal.h"
#include "cns_process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// Everything here runs between clone(2) and execve(2), on memory that the parent prepared: no allocation,
// no stdio, no locale, no NSS. Identity changes are raw system calls, because glibc's wrappers want to
// tell other threads, and its idea of this thread is the parent's.

struct child {
    int report;
    int gate;       // between a command and its parent, -1 if there is none; see fork_init
    pid_t parent;   // behind the gate: who opens it
    pid_t command;  // in the parent: the forked child
    int locations[cns_location_count];
};

int cns_send_report(int socket, struct cns_report report, const int *descriptors, size_t count) {
    union {
        char bytes[CMSG_SPACE(sizeof(int) * 4)];
        struct cmsghdr align;
    } control;
    struct iovec vector = {.iov_base = &report, .iov_len = sizeof report};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    if (count > 4) return EINVAL;
    if (count > 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * count);
        memcpy(CMSG_DATA(header), descriptors, sizeof(int) * count);
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL) == sizeof report ? 0 : errno;
}

static int result(long value) { return value < 0 ? errno : 0; }

static int default_signals(void) {
    // The kernel's struct sigaction, all zero: SIG_DFL. glibc's sigaction refuses the two real-time signals it
    // uses itself, but a parent's posix_spawn may have left those ignored.
    static const unsigned long defaults[8] = {0};
    for (int number = 1; number <= 64; number++) {
        if (number == SIGKILL || number == SIGSTOP) continue;
        if (syscall(SYS_rt_sigaction, number, defaults, NULL, sizeof(unsigned long long)) != 0) return errno;
    }
    return 0;
}

static int oom_score(long least) {
    int file = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
    if (file < 0) return errno;
    char text[16];
    ssize_t length = read(file, text, sizeof text);
    int negative = length > 0 && text[0] == '-', present = 0;
    for (ssize_t i = negative; i < length && text[i] >= '0' && text[i] <= '9'; i++)
        present = present * 10 + (text[i] - '0');
    // Kubernetes starts most containers far from 0; going back down from there would need SYS_RESOURCE.
    if ((negative ? -present : present) >= least) {
        close(file);
        return 0;
    }
    char digits[8];
    size_t count = 0;
    long rest = least < 0 ? -least : least;
    do digits[7 - count++] = (char)('0' + rest % 10);
    while ((rest /= 10) > 0 && count < 6);
    if (least < 0) digits[7 - count++] = '-';
    int error = write(file, digits + 8 - count, count) == (ssize_t)count ? 0 : errno;
    close(file);
    return error;
}

static int lower_priority(long by) {
    // The raw call answers 20 - nice, so that an error is the only negative value.
    long now = syscall(SYS_getpriority, PRIO_PROCESS, 0);
    if (now < 0) return errno;
    long nice = 20 - now + by;
    return result(syscall(SYS_setpriority, PRIO_PROCESS, 0, nice > 19 ? 19 : nice));
}

static int resource_limit(int resource, uint64_t soft, uint64_t hard) {
    struct rlimit limit;
    if (getrlimit((__rlimit_resource_t)resource, &limit) != 0) return errno;
    // Raising the hard limit would need SYS_RESOURCE, which the helper never has.
    if (hard < limit.rlim_max) limit.rlim_max = hard;
    limit.rlim_cur = soft < limit.rlim_max ? soft : limit.rlim_max;
    return result(setrlimit((__rlimit_resource_t)resource, &limit));
}

static int open_location(struct child *child, const struct cns_step *step) {
    if (step->a < 0 || step->a >= cns_location_count) return EINVAL;
    child->locations[step->a] = open(step->q, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    return result(child->locations[step->a]);
}

static int send_namespaces(int report) {
    static const char *const names[] = {"/proc/self/ns/pid", "/proc/self/ns/mnt", "/proc/self/ns/ipc",
                                        "/proc/self/ns/uts"};
    int descriptors[4];
    for (int i = 0; i < 4; i++) {
        descriptors[i] = open(names[i], O_RDONLY | O_CLOEXEC);
        if (descriptors[i] < 0) return errno;
    }
    int error = cns_send_report(report, (struct cns_report){.kind = CNS_REPORT_NAMESPACES}, descriptors, 4);
    for (int i = 0; i < 4; i++) close(descriptors[i]);
    return error;
}

static int arrange_descriptors(struct child *child, const int *list, size_t count) {
    int lifted[16];
    if (count > sizeof lifted / sizeof *lifted) return EINVAL;
    // First away from the target numbers, so that no source is overwritten before its turn. dup2 to the
    // final number then also clears close-on-exec, which dup2(n, n) would not.
    for (size_t i = 0; i < count; i++) {
        lifted[i] = fcntl(list[i], F_DUPFD_CLOEXEC, 32);
        if (lifted[i] < 0) return errno;
    }
    int report = fcntl(child->report, F_DUPFD_CLOEXEC, 32);
    int gate = child->gate < 0 ? -1 : fcntl(child->gate, F_DUPFD_CLOEXEC, 32);
    if (report < 0 || (child->gate >= 0 && gate < 0)) return errno;
    for (size_t i = 0; i < count; i++)
        if (dup2(lifted[i], (int)i) < 0) return errno;
    int next = (int)count;
    if (dup3(report, next, O_CLOEXEC) < 0) return errno;
    child->report = next++;
    if (gate >= 0) {
        if (dup3(gate, next, O_CLOEXEC) < 0) return errno;
        child->gate = next++;
    }
    return result(syscall(SYS_close_range, (unsigned)next, ~0U, 0));
}

static int drop_bounding(long last) {
    for (long number = 0; number <= last; number++) {
        int present = prctl(PR_CAPBSET_READ, number, 0, 0, 0);
        if (present < 0) return errno;
        if (present == 1 && prctl(PR_CAPBSET_DROP, number, 0, 0, 0) != 0) return errno;
    }
    return 0;
}

static int drop_capabilities(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2];
    memset(none, 0, sizeof none);
    return result(syscall(SYS_capset, &header, none));
}

static int verify_identity(uid_t uid, uid_t effective, gid_t gid, int bounding_too, int groups_too) {
    uid_t uids[3];
    gid_t gids[3];
    if (syscall(SYS_getresuid, &uids[0], &uids[1], &uids[2]) != 0) return errno;
    if (syscall(SYS_getresgid, &gids[0], &gids[1], &gids[2]) != 0) return errno;
    for (int i = 0; i < 3; i++)
        if (uids[i] != (i == 1 ? effective : uid) || gids[i] != gid) return EPERM;
    if (groups_too && syscall(SYS_getgroups, 0, NULL) != 0) return EPERM;
    // A drop that can be taken back is none.
    if (uid != 0 && (syscall(SYS_setresuid, 0, 0, 0) == 0 || syscall(SYS_setresgid, 0, 0, 0) == 0)) return EPERM;
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[2];
    if (syscall(SYS_capget, &header, sets) != 0) return errno;
    for (int i = 0; i < 2; i++)
        if (sets[i].effective || sets[i].permitted || sets[i].inheritable) return EPERM;
    for (int number = 0; number < 64; number++) {
        if (bounding_too && prctl(PR_CAPBSET_READ, number, 0, 0, 0) == 1) return EPERM;
        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, number, 0, 0) == 1) return EPERM;
    }
    return 0;
}

/// A process that would end everybody of its uid must be known not to reach its parent.
static int verify_domain(void) {
    return kill((pid_t)syscall(SYS_getppid), 0) != 0 && errno == EPERM ? 0 : EXDEV;
}

static int enter_directory(const char *path) {
    if (chdir(path) != 0) return errno;
    // chdir may have gone through links that the command's owner made. The result must be reachable from
    // this root, and no door into another process (CVE-2024-21626).
    char where[PATH_MAX];
    if (syscall(SYS_getcwd, where, sizeof where) < 0) return errno;
    if (where[0] != '/') return EACCES;
    if (strncmp(where, "/proc", 5) == 0 && (where[5] == '/' || where[5] == 0)) return EACCES;
    return 0;
}

static int install_filter(const void *program, size_t count) {
    struct sock_fprog filter = {.len = (unsigned short)count, .filter = (struct sock_filter *)program};
    return result(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter));
}

static void run(struct child *child, const struct cns_step *steps, size_t count);

// The command's parent gives up its rights while the command takes its own last steps, and opens the gate
// when it has: no foreign code runs beside a process that still holds a capability.
static int fork_init(struct child *child, const struct cns_step *step) {
    int gate[2];
    if (pipe2(gate, O_CLOEXEC) != 0) return errno;
    pid_t parent = (pid_t)syscall(SYS_getpid);
    // A plain clone, not fork(3): its handlers and locks belong to the parent's runtime.
    long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (pid < 0) return errno;
    if (pid == 0) {
        close(gate[1]);
        child->gate = gate[0];
        child->parent = parent;
        return 0;
    }
    close(gate[0]);
    // This copy of argv and environment is for nobody, and would live as long as the command.
    if (step->list) explicit_bzero((void *)step->list, (size_t)step->a);
    child->gate = gate[1];
    child->command = (pid_t)pid;
    for (size_t i = 0; i < step->init_step_count; i++) {
        const struct cns_step *next = &step->init_steps[i];
        if (next->operation != CNS_REAP_UNTIL && next->operation != CNS_SHEPHERD && next->operation != CNS_KEEP) {
            run(child, next, 1);
            continue;
        }
        if (write(child->gate, "", 1) != 1) _exit(127);
        close(child->gate);
        close(child->report);
        if (next->operation == CNS_KEEP) cns_keep(child->command, (int)next->a, (int)next->b, next->q, (int)next->c);
        if (next->operation == CNS_REAP_UNTIL) cns_reap_until(child->command, (int)next->a);
        cns_shepherd(child->command, (int)next->a);
    }
    _exit(127);
}

static void wait_at_gate(struct child *child) {
    char opened;
    if (child->gate < 0) return;
    // End of file: the parent has failed, and has reported it.
    if (read(child->gate, &opened, 1) != 1) _exit(127);
    close(child->gate);
    // A parent that died before the parent death signal was set went unnoticed; afterwards it cannot.
    if ((pid_t)syscall(SYS_getppid) != child->parent) _exit(127);
}

static int execute(struct child *child, const struct cns_step *step) {
    wait_at_gate(child);
    // The helper knows a cell's command only through what the command says here; a pidfd cannot lie.
    pid_t self = (pid_t)syscall(SYS_getpid);
    int pidfd = (int)syscall(SYS_pidfd_open, self, 0);
    if (pidfd < 0) return errno;
    struct cns_report pid = {.kind = CNS_REPORT_PID, .value = self};
    int error = cns_send_report(child->report, pid, &pidfd, 1);
    close(pidfd);
    if (error) return error;
    if (step->operation == CNS_EXIT) _exit((int)step->a);
    if (step->operation == CNS_EXECUTE_DESCRIPTOR) {
        if (fcntl((int)step->a, F_SETFD, FD_CLOEXEC) != 0) return errno;
        syscall(SYS_execveat, (int)step->a, "", step->arguments, step->variables, AT_EMPTY_PATH);
        return errno;
    }
    execve(step->q, step->arguments, step->variables);
    return errno;
}

static int run_step(struct child *child, const struct cns_step *step) {
    switch ((enum cns_operation)step->operation) {
    case CNS_DEFAULT_SIGNALS: return default_signals();
    case CNS_OOM_SCORE: return oom_score(step->a);
    case CNS_NICE: return lower_priority(step->a);
    case CNS_NOT_DUMPABLE: return result(prctl(PR_SET_DUMPABLE, step->a, 0, 0, 0));
    case CNS_NEW_SESSION: return result(setsid());
    case CNS_RESOURCE_LIMIT: return resource_limit((int)step->a, (uint64_t)step->b, (uint64_t)step->c);
    case CNS_JOIN_NAMESPACE: return result(syscall(SYS_setns, (int)step->a, (int)step->b));
    case CNS_NEW_NAMESPACE: return result(syscall(SYS_unshare, (unsigned long)step->a));
    case CNS_MOUNT: return result(mount(step->p, step->q, step->r, (unsigned long)step->a, step->s));
    case CNS_OPEN_LOCATION: return open_location(child, step);
    case CNS_MOUNT_LOCATION: return cns_bind_location(child->locations[step->a], step->q);
    case CNS_DEVICE:
        return cns_bind_device(child->locations[step->a], (unsigned)step->b, (unsigned)step->c, step->q);
    case CNS_IDMAP: return cns_idmap(step->q, (int)step->a);
    case CNS_MASK: return cns_mask(step->q);
    case CNS_READ_ONLY: return cns_bind_read_only(step->q);
    case CNS_MOUNT_ATTRIBUTES:
        return cns_mount_attributes(step->q, (uint64_t)step->a, (uint64_t)step->b, (int)step->c);
    case CNS_MAKE_DIRECTORY: {
        int error = result(mkdir(step->q, (mode_t)step->a));
        return error == EEXIST ? 0 : error;
    }
    case CNS_OWN_DIRECTORY:
        return cns_own_directory(step->q, (uid_t)step->a, (gid_t)step->b, (mode_t)step->c);
    case CNS_SYMBOLIC_LINK: {
        int error = result(symlink(step->p, step->q));
        return error == EEXIST ? 0 : error;
    }
    case CNS_SEND_NAMESPACES: return send_namespaces(child->report);
    case CNS_FORK_INIT: return fork_init(child, step);
    case CNS_REAP_FOR_EVER: close(child->report); cns_reap_for_ever((int)step->a);
    case CNS_REAP_UNTIL:
    case CNS_SHEPHERD: return EINVAL;  // only inside CNS_FORK_INIT
    case CNS_KEEP:
        close(child->report);
        cns_keep(0, (int)step->a, (int)step->b, step->q, (int)step->c);
    case CNS_DESCRIPTORS: return arrange_descriptors(child, step->list, (size_t)step->a);
    case CNS_SESSION_KEYRING: {
        int error = result(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL));
        return error == ENOSYS || error == EPERM ? 0 : error;  // Docker's profile has no keyctl
    }
    case CNS_CLEAR_AMBIENT: return result(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
    case CNS_DROP_BOUNDING: return drop_bounding(step->a);
    case CNS_GROUPS: return result(syscall(SYS_setgroups, (size_t)step->a, step->list));
    case CNS_GROUP_ID: return result(syscall(SYS_setresgid, (gid_t)step->a, (gid_t)step->a, (gid_t)step->a));
    case CNS_USER_ID: return result(syscall(SYS_setresuid, (uid_t)step->a, (uid_t)step->b, (uid_t)step->a));
    case CNS_DROP_CAPABILITIES: return drop_capabilities();
    case CNS_VERIFY_IDENTITY:
        return verify_identity((uid_t)step->a, (uid_t)step->b, (gid_t)step->c, step->q != NULL, step->p == NULL);
    case CNS_VERIFY_DOMAIN: return verify_domain();
    case CNS_PARENT_DEATH_SIGNAL: return result(prctl(PR_SET_PDEATHSIG, step->a, 0, 0, 0));
    case CNS_WORKING_DIRECTORY: return enter_directory(step->q);
    case CNS_UMASK: umask((mode_t)step->a); return 0;
    case CNS_SUBREAPER: return result(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
    case CNS_TERMINAL:
        return cns_open_terminal((unsigned)step->a, (unsigned)step->b, (int)step->c, child->report);
    case CNS_NO_NEW_PRIVILEGES: return result(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    case CNS_LANDLOCK: return cns_landlock_restrict((int)step->a, step->variables, step->arguments, (int)step->b);
    case CNS_EMPTY_SIGNAL_MASK: {
        sigset_t none;
        sigemptyset(&none);
        return result(sigprocmask(SIG_SETMASK, &none, NULL));
    }
    case CNS_FILTER: return install_filter(step->list, (size_t)step->a);
    case CNS_TITLE: cns_set_title(step->q); return 0;
    case CNS_EXECUTE:
    case CNS_EXECUTE_DESCRIPTOR:
    case CNS_EXIT: return execute(child, step);
    }
    return EINVAL;
}

static void run(struct child *child, const struct cns_step *steps, size_t count) {
    for (size_t i = 0; i < count; i++) {
        int error = run_step(child, &steps[i]);
        if (error == 0 || error == steps[i].tolerated) continue;
        cns_send_report(child->report,
                        (struct cns_report){.kind = CNS_REPORT_FAILURE, .stage = steps[i].stage, .error = error},
                        NULL, 0);
        _exit(127);
    }
}

void cns_run_steps(const struct cns_step *steps, size_t count, int report) {
    struct child child = {.report = report, .gate = -1};
    run(&child, steps, count);
}
