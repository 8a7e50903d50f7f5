#define _GNU_SOURCE
#include "cns_internal.h"
#include "cns_forker.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// One forker at a time; its stack and its orders lie in memory that both processes have. They share errno as well, so
// the caller waits while the forker works, and the forker makes no call that can fail while it waits.
static struct {
    int wake, done;
    pid_t caller;
    const struct cns_step *steps;
    size_t count;
    int report;
    struct cns_child *child;  // NULL: the steps are the forker's own
    int error;
} orders = {.wake = -1, .done = -1};

static void obey(void) {
    if (!orders.child) {
        cns_run_steps(orders.steps, orders.count, orders.report);
        orders.error = 0;
        return;
    }
    // With CLONE_PARENT the helper is the parent, and the exit signal the forker's own, SIGCHLD.
    int side = cns_clone_child(CLONE_PARENT, -1, 0, orders.child);
    if (side == 0) {
        cns_run_steps(orders.steps, orders.count, orders.report);
        _exit(127);
    }
    orders.error = side < 0 ? errno : 0;
}

static int serve(void *unused) {
    (void)unused;
    // Of signals only SIGKILL and SIGSTOP are left, and the caller sends SIGCONT.
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    prctl(PR_SET_NAME, "ns-forker");
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != orders.caller) _exit(127);
    for (uint64_t number = 0;;) {
        if (read(orders.wake, &number, sizeof number) != sizeof number) _exit(127);
        obey();
        number = 1;
        if (write(orders.done, &number, sizeof number) != sizeof number) _exit(127);
    }
}

int cns_forker_start(struct cns_child *forker) {
    static _Alignas(16) char stack[65536];
    if (orders.wake < 0) orders.wake = eventfd(0, EFD_CLOEXEC);
    if (orders.done < 0) orders.done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (orders.wake < 0 || orders.done < 0) return errno;
    orders.caller = getpid();
    forker->pidfd = -1;
    // CLONE_FILES: it must have the descriptors that commands get, as they come.
    int pid = clone(serve, stack + sizeof stack, CLONE_VM | CLONE_FILES | CLONE_PIDFD | SIGCHLD, NULL, &forker->pidfd);
    if (pid < 0) return errno;
    forker->pid = pid;
    return 0;
}

/// Ends a forker that does not answer; it must not go on working on this memory.
static void end(int forker) {
    struct pollfd gone = {.fd = forker, .events = POLLIN};
    cns_signal(forker, SIGKILL);
    while (poll(&gone, 1, -1) < 0 && errno == EINTR) {}
    uint64_t number;
    if (read(orders.done, &number, sizeof number) < 0) return;
}

static int give(int forker, const struct cns_step *steps, size_t count, int report, struct cns_child *child) {
    orders.steps = steps;
    orders.count = count;
    orders.report = report;
    orders.child = child;
    orders.error = ECHILD;
    if (child) child->pidfd = -1;
    struct pollfd watched[2] = {{.fd = orders.done, .events = POLLIN}, {.fd = forker, .events = POLLIN}};
    uint64_t number = 1;
    // Whoever shares its domain may have stopped it.
    cns_signal(forker, SIGCONT);
    if (write(orders.wake, &number, sizeof number) != sizeof number) return errno;
    int ready;
    do ready = poll(watched, 2, cns_forker_patience_milliseconds);
    while (ready < 0 && errno == EINTR);
    if (watched[0].revents && read(orders.done, &number, sizeof number) == sizeof number) return orders.error;
    end(forker);
    // An order that nobody took must not be the next forker's.
    close(orders.wake);
    orders.wake = -1;
    // It may have cloned before it went.
    if (child && child->pidfd >= 0) cns_end_child(child->pidfd);
    return ECHILD;
}

int cns_forker_run(int forker, const struct cns_step *steps, size_t count, int report) {
    return give(forker, steps, count, report, NULL);
}

int cns_forker_clone(int forker, const struct cns_step *steps, size_t count, int report, struct cns_child *child) {
    return give(forker, steps, count, report, child);
}
