#ifndef CNS_FILTER_H
#define CNS_FILTER_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// A seccomp filter under construction, through libseccomp. Never used after fork: it allocates.
typedef struct cns_filter cns_filter;

/// Comparison of one argument. seccomp_rule_add(3).
enum cns_compare { CNS_EQUAL = 1, CNS_NOT_EQUAL, CNS_MASKED_EQUAL, CNS_GREATER };

struct cns_condition {
    uint32_t argument;
    uint32_t compare;
    uint64_t value;
    uint64_t mask;  ///< for CNS_MASKED_EQUAL: (argument & mask) == value
};

/// A filter that allows what no rule names (`deny_errno` 0), or answers it with `deny_errno`.
cns_filter *_Nullable cns_filter_create(int deny_errno);
void cns_filter_free(cns_filter *filter);

/// Number of a system call on this architecture; -1 if it has none.
int cns_system_call(const char *name);

/// Answers the call with an errno (0: allows it) when all conditions hold.
int cns_filter_add(cns_filter *filter, int number, int error, const struct cns_condition *_Nullable conditions,
                   size_t count);

/// Writes the finished program, `capacity` instructions of 8 bytes at most, behind a hand-made prefix:
/// foreign architectures kill the process, numbers above `highest` (0: none) answer ENOSYS.
int cns_filter_program(cns_filter *filter, int highest, void *program, size_t capacity, size_t *count);

/// Highest system call number that the policies have judged; younger ones answer ENOSYS.
int cns_highest_system_call(void);

#pragma clang assume_nonnull end

#endif
