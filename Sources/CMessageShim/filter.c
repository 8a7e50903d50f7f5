#define _GNU_SOURCE
#include "CMessageShim.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

// Giving up rights of one's own needs no privilege, only no_new_privs: this may live on the server's side.

int cms_install_filter(int descriptor) {
    static struct sock_filter program[BPF_MAXINSNS];
    int error = cms_check_sealed(descriptor);
    if (error) return error;
    ssize_t length = pread(descriptor, program, sizeof program, 0);
    if (length < 0) return errno;
    if (length == 0 || (size_t)length % sizeof program[0] != 0) return EINVAL;
    struct sock_fprog filter = {.len = (unsigned short)((size_t)length / sizeof program[0]), .filter = program};
    long thread = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter);
    // A positive answer names a thread that could not follow.
    return thread == 0 ? 0 : thread > 0 ? ESRCH : errno;
}
