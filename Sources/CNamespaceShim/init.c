#define _GNU_SOURCE
#include "cns_internal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

// These loops run under a filter that knows a dozen calls, with no capability and every signal blocked.

_Noreturn void cns_reap_for_ever(int lifeline) {
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    int signals = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0) _exit(127);
    struct pollfd watched[2] = {{.fd = signals, .events = POLLIN}, {.fd = lifeline, .events = POLLIN}};
    for (;;) {
        // Children may have ended before the descriptor existed: reap first, then wait.
        while (waitpid(-1, NULL, WNOHANG) > 0) {}
        if (poll(watched, 2, -1) < 0 && errno != EINTR) _exit(127);
        if (watched[1].revents) _exit(0);
        struct signalfd_siginfo pending;
        while (read(signals, &pending, sizeof pending) > 0) {}
    }
}

static void pass_on(int status_socket, int status) {
    struct cns_report report = {.kind = CNS_REPORT_STATUS, .value = status};
    send(status_socket, &report, sizeof report, MSG_NOSIGNAL);
}

_Noreturn void cns_reap_until(pid_t command, int status_socket) {
    for (;;) {
        int status;
        pid_t ended = waitpid(-1, &status, 0);
        if (ended < 0 && errno == EINTR) continue;
        if (ended < 0) _exit(127);
        if (ended != command) continue;
        pass_on(status_socket, status);
        // The end of pid 1 is the end of everything else in the cell.
        _exit(0);
    }
}

_Noreturn void cns_shepherd(pid_t command, int status_socket) {
    for (;;) {
        int status;
        pid_t ended = waitpid(-1, &status, 0);
        if (ended < 0 && errno == EINTR) continue;
        // No child is left, and orphans of the command would be children of this process.
        if (ended < 0) _exit(0);
        if (ended != command) continue;
        pass_on(status_socket, status);
        // The helper writes before it signals anybody, so a command that ended by that signal is seen to have.
        char told;
        if (recv(status_socket, &told, 1, MSG_DONTWAIT) != 1) _exit(0);
        // The pid is free from now on, and a fork bomb soon gives it to a descendant.
        command = -1;
    }
}
