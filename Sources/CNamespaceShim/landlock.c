#define _GNU_SOURCE
#include "cns_internal.h"
#include "cns_privilege.h"

#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

// The headers of Debian 12 know Landlock without scopes; numbers and layout are those of Linux 6.12.
struct ruleset {
    uint64_t handled_access_fs, handled_access_net, scoped;
};

enum { create_ruleset_version = 1, scope_abstract_socket = 1, scope_signal = 2 };

int cns_landlock_version(void) {
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, create_ruleset_version);
    return version < 0 ? 0 : (int)version;
}

int cns_landlock_scope(void) {
    // Nothing is handled but the scopes: files and ports are other layers' business.
    const struct ruleset rules = {.scoped = scope_abstract_socket | scope_signal};
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0);
    if (ruleset < 0) return errno;
    int error = syscall(SYS_landlock_restrict_self, ruleset, 0) == 0 ? 0 : errno;
    close(ruleset);
    return error;
}
