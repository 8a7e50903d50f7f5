#define _GNU_SOURCE
#include "cns_internal.h"
#include "cns_process.h"

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

/// Reaps what has ended; 1 when no child is left.
static int reap_all(pid_t *command, int *command_status) {
    for (;;) {
        int status;
        pid_t ended = waitpid(-1, &status, WNOHANG);
        if (ended < 0 && errno == EINTR) continue;
        if (ended <= 0) return ended < 0;
        if (ended != *command) continue;
        *command_status = status;
        // The pid is free from now on.
        *command = -1;
    }
}

_Noreturn void cns_keep(pid_t command, int status_socket, int lifeline, const char *directory, int ends_at_once) {
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    // The helper's own mask blocks it too, but not yet when it only probes.
    sigprocmask(SIG_BLOCK, &children, NULL);
    int signals = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0) _exit(127);
    struct pollfd watched[3] = {
        {.fd = signals, .events = POLLIN}, {.fd = lifeline, .events = POLLIN}, {.fd = status_socket, .events = POLLIN}};
    int ending = ends_at_once, status = SIGKILL;
    for (;;) {
        int none_left = reap_all(&command, &status);
        if (command == -1) ending = 1;
        // Everybody of the effective uid but this process, in one step that no fork(2) can slip through (kill(2)).
        // Nobody of that uid may signal this process, whose other uids are different.
        if (ending) kill(-1, SIGKILL);
        if (ending && none_left) break;
        // A command that is told to end before it has taken its uid is met the next time.
        if (poll(watched, 3, ending ? 50 : -1) < 0 && errno != EINTR) _exit(127);
        struct signalfd_siginfo pending;
        while (read(signals, &pending, sizeof pending) > 0) {}
        char told = 0;
        ssize_t length = watched[2].revents ? recv(status_socket, &told, 1, MSG_DONTWAIT) : -1;
        if (length == 1 && told == CNS_KEEPER_TERMINATE) {
            kill(-1, SIGTERM);
            kill(-1, SIGCONT);
        } else if (length >= 0 || watched[1].revents) {
            ending = 1;
            // Both stay readable for good.
            watched[1].fd = watched[2].fd = -1;
            watched[1].revents = watched[2].revents = 0;
        }
    }
    // Whoever was killed may be finishing the call it is in, if it was not a child of this process.
    int error = ENOTEMPTY;
    for (int tries = 0; tries < 20 && (error == ENOTEMPTY || error == EEXIST); tries++) {
        if (tries > 0) poll(NULL, 0, 5);  // the end of somebody else's child is no event here
        error = cns_remove_tree(directory);
    }
    if (command == -1) pass_on(status_socket, status);
    _exit(error ? 1 : 0);
}
