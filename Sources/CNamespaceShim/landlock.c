#define _GNU_SOURCE
#include "cns_internal.h"
#include "cns_privilege.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// The headers of Debian 12 know Landlock up to version 2; numbers and layout are those of Linux 6.12. Older kernels
// take the longer structure as long as what they do not know is zero.
struct ruleset {
    uint64_t handled_access_fs, handled_access_net, scoped;
};

struct __attribute__((packed)) path_rule {
    uint64_t allowed_access;
    int32_t parent;
};

enum {
    create_ruleset_version = 1,
    rule_path_beneath = 1,
    scope_abstract_socket = 1,
    scope_signal = 2,
    net_bind_tcp = 1,
    fs_execute = 1 << 0,
    fs_write_file = 1 << 1,
    fs_read_file = 1 << 2,
    fs_changes = 0x1FF0,     // remove and make whatever kind of file
    fs_refer = 1 << 13,      // version 2; without it no file can be moved between directories
    fs_truncate = 1 << 14,   // version 3
};

int cns_landlock_version(void) {
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, create_ruleset_version);
    return version < 0 ? 0 : (int)version;
}

static uint64_t writing(int version) {
    return fs_write_file | fs_changes | (version >= 2 ? fs_refer : 0) | (version >= 3 ? fs_truncate : 0);
}

// Whether the place has the very name by which it was opened: whoever owns a directory above may put a link in its
// place at any time, and what the rule then gave would be his choice.
static int has_name(int place, const char *path) {
    char link[32], name[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", place);
    ssize_t length = readlink(link, name, sizeof name);
    return length > 0 && (size_t)length == strlen(path) && memcmp(name, path, (size_t)length) == 0;
}

static int allow(int ruleset, const char *path, uint64_t access) {
    int place = open(path, O_PATH | O_CLOEXEC);
    // What is not there, or not to be reached, cannot be opened.
    if (place < 0) return errno == ENOENT || errno == ENOTDIR || errno == EACCES || errno == ELOOP ? 0 : errno;
    if (!has_name(place, path)) {
        close(place);
        return 0;
    }
    struct stat status;
    int error = fstat(place, &status) == 0 ? 0 : errno;
    if (!error && !S_ISDIR(status.st_mode)) access &= fs_execute | fs_read_file | fs_write_file | fs_truncate;
    struct path_rule rule = {.allowed_access = access, .parent = place};
    if (!error && syscall(SYS_landlock_add_rule, ruleset, rule_path_beneath, &rule, 0) != 0) error = errno;
    close(place);
    return error;
}

int cns_landlock_restrict(int version, char *const *readable, char *const *writable, int forbids_bind) {
    const uint64_t reading = fs_execute | fs_read_file;
    // Only what rules give back is handled. Directories can always be listed: a rule cannot give that back for a
    // directory without giving it back for all below.
    const struct ruleset rules = {
        .handled_access_fs = (readable ? reading : 0) | (writable ? writing(version) : 0),
        .handled_access_net = forbids_bind && version >= 4 ? net_bind_tcp : 0,
        .scoped = version >= 6 ? scope_abstract_socket | scope_signal : 0,
    };
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0);
    if (ruleset < 0) return errno;
    int error = 0;
    for (; readable && *readable && !error; readable++) error = allow(ruleset, *readable, reading);
    for (; writable && *writable && !error; writable++) error = allow(ruleset, *writable, writing(version));
    if (!error && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0) error = errno;
    close(ruleset);
    return error;
}
