#define _GNU_SOURCE
#include "cns_filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct cns_filter {
    scmp_filter_ctx context;
};

cns_filter *cns_filter_create(int deny_errno) {
    cns_filter *filter = calloc(1, sizeof *filter);
    if (!filter) return NULL;
    filter->context = seccomp_init(deny_errno ? SCMP_ACT_ERRNO(deny_errno) : SCMP_ACT_ALLOW);
    if (!filter->context) {
        free(filter);
        return NULL;
    }
    // Binary search over the numbers; the default action for a foreign architecture is to kill.
    seccomp_attr_set(filter->context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    seccomp_attr_set(filter->context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    return filter;
}

void cns_filter_free(cns_filter *filter) {
    seccomp_release(filter->context);
    free(filter);
}

// Calls younger than libseccomp 2.5.4's tables (Debian 12); their numbers are the same on every
// architecture that uses the unified table (all since 424).
static const struct {
    const char *name;
    int number;
} young_calls[] = {
    {"cachestat", 451},       {"map_shadow_stack", 453},   {"statmount", 457},          {"listmount", 458},
    {"lsm_get_self_attr", 459}, {"lsm_set_self_attr", 460}, {"lsm_list_modules", 461},  {"mseal", 462},
    {"setxattrat", 463},      {"open_tree_attr", 467},     {"file_getattr", 468},       {"file_setattr", 469},
    {"listns", 470},
#if defined(__x86_64__)
    {"uretprobe", 335},       {"uprobe", 336},
#endif
};

int cns_system_call(const char *name) {
    int number = seccomp_syscall_resolve_name(name);
    if (number >= 0) return number;
    for (size_t i = 0; i < sizeof young_calls / sizeof young_calls[0]; i++)
        if (strcmp(young_calls[i].name, name) == 0) return young_calls[i].number;
    return -1;
}

int cns_highest_system_call(void) { return 470; }

int cns_filter_add(cns_filter *filter, int number, int error, const struct cns_condition *conditions, size_t count) {
    struct scmp_arg_cmp compare[6];
    if (count > 6) return EINVAL;
    for (size_t i = 0; i < count; i++) {
        enum scmp_compare operation;
        switch (conditions[i].compare) {
        case CNS_EQUAL: operation = SCMP_CMP_EQ; break;
        case CNS_NOT_EQUAL: operation = SCMP_CMP_NE; break;
        case CNS_MASKED_EQUAL: operation = SCMP_CMP_MASKED_EQ; break;
        case CNS_GREATER: operation = SCMP_CMP_GT; break;
        default: return EINVAL;
        }
        compare[i] = conditions[i].compare == CNS_MASKED_EQUAL
            ? SCMP_CMP(conditions[i].argument, operation, conditions[i].mask, conditions[i].value)
            : SCMP_CMP(conditions[i].argument, operation, conditions[i].value);
    }
    uint32_t action = error ? SCMP_ACT_ERRNO((uint32_t)error) : SCMP_ACT_ALLOW;
    // "exact" would refuse numbers that this libseccomp does not know.
    int code = seccomp_rule_add_array(filter->context, action, number, (unsigned)count, compare);
    return code < 0 ? -code : 0;
}

#if defined(__x86_64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "no seccomp architecture known for this processor"
#endif

int cns_filter_program(cns_filter *filter, int highest, void *program, size_t capacity, size_t *count) {
    const struct sock_filter prefix[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCHITECTURE, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        // The x32 bit: another ABI behind the same architecture value.
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        // Calls that nobody could judge when this was written: programs take ENOSYS for an older kernel.
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, (uint32_t)highest, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
    };
    size_t prefix_count = highest ? 8 : 6;
    if (capacity < prefix_count) return ENOSPC;
    memcpy(program, prefix, prefix_count * sizeof prefix[0]);

    int file = memfd_create("filter", MFD_CLOEXEC);
    if (file < 0) return errno;
    int error = 0;
    int code = seccomp_export_bpf(filter->context, file);
    if (code < 0) error = -code;
    size_t room = (capacity - prefix_count) * sizeof(struct sock_filter);
    ssize_t got = error ? 0 : pread(file, (struct sock_filter *)program + prefix_count, room, 0);
    if (got < 0) error = errno;
    if (!error && (size_t)got == room) error = ENOSPC;
    if (!error && (got == 0 || got % (ssize_t)sizeof(struct sock_filter) != 0)) error = EIO;
    close(file);
    *count = error ? 0 : prefix_count + (size_t)got / sizeof(struct sock_filter);
    return error;
}
