// engine-filter PROGRAM ARGUMENTS...: executes a program under what a container engine's default seccomp profile does to a
// container without SYS_ADMIN, as far as the pair can tell: no new namespace by whatever call, no mount, no keyring.
// Run as root with SYS_ADMIN; no_new_privs is left to the program.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const int refused[] = {
    SYS_unshare, SYS_setns, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_keyctl, SYS_add_key, SYS_request_key, SYS_bpf,
    SYS_perf_event_open, SYS_open_by_handle_at, SYS_kcmp, SYS_userfaultfd, 428 /* open_tree */, 429 /* move_mount */,
    430 /* fsopen */, 442 /* mount_setattr */, 438 /* pidfd_getfd */, 425 /* io_uring_setup */};

int main(int count, char **arguments) {
    enum { most = 64 };
    struct sock_filter program[most];
    int length = 0;
    if (count < 2) return 2;
#define ADD(...) program[length++] = (struct sock_filter)__VA_ARGS__
    ADD(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)));
    ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 435 /* clone3 */, 0, 1));
    ADD(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS));
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)refused[i], 0, 1));
        ADD(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
    }
    ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3));
    ADD(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])));
    ADD(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x7E020000, 0, 1));
    ADD(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
    ADD(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    struct sock_fprog filter = {.len = (unsigned short)length, .filter = program};
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) != 0) {
        fprintf(stderr, "engine-filter: %s\n", strerror(errno));
        return 1;
    }
    execvp(arguments[1], arguments + 1);
    fprintf(stderr, "engine-filter: %s: %s\n", arguments[1], strerror(errno));
    return 1;
}
