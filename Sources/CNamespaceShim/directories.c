#define _GNU_SOURCE
#include "cns_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int cns_own_directory(const char *path, uid_t uid, gid_t gid, mode_t mode) {
    // As the owner for this one call: the helper has no CHOWN. The other ids stay root's, so that nobody of `uid` can
    // touch this process meanwhile.
    syscall(SYS_setfsgid, gid);
    syscall(SYS_setfsuid, uid);
    int error = 0;
    struct stat status;
    if (mkdir(path, mode) != 0 && errno != EEXIST) error = errno;
    if (!error && lstat(path, &status) != 0) error = errno;
    // Somebody else's directory in this place would be a trap.
    if (!error && (!S_ISDIR(status.st_mode) || status.st_uid != uid)) error = EEXIST;
    if (!error && chmod(path, mode) != 0) error = errno;
    syscall(SYS_setfsuid, 0);
    syscall(SYS_setfsgid, 0);
    return error;
}

// getdents64(2), for opendir(3) allocates.
struct entry {
    uint64_t inode;
    int64_t offset;
    uint16_t length;
    uint8_t type;
    char name[];
};

static int enter(const char *name) {
    int directory = open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (directory < 0) return errno;
    int error = fchdir(directory) == 0 ? 0 : errno;
    close(directory);
    return error;
}

/// Removes what is in the working directory, or goes down into the first directory that is not empty: `entered`.
static int remove_entries(int *entered) {
    _Alignas(8) char buffer[4096];
    *entered = 0;
    int directory = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return errno;
    int error = 0;
    long length = 0;
    while (!error && !*entered && (length = syscall(SYS_getdents64, directory, buffer, sizeof buffer)) > 0) {
        for (long at = 0; at < length && !error && !*entered;) {
            struct entry *entry = (struct entry *)(buffer + at);
            at += entry->length;
            const char *name = entry->name;
            if (name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0))) continue;
            struct stat status;
            if (fstatat(AT_FDCWD, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
                if (errno != ENOENT) error = errno;
            } else if (!S_ISDIR(status.st_mode)) {
                if (unlinkat(AT_FDCWD, name, 0) != 0 && errno != ENOENT) error = errno;
            } else if (unlinkat(AT_FDCWD, name, AT_REMOVEDIR) != 0) {
                if (errno != ENOTEMPTY && errno != EEXIST) error = errno;
                // Its owner may have taken every right on it away.
                if (!error && chmod(name, 0700) != 0) error = errno;
                if (!error) error = enter(name);
                *entered = !error;
            }
        }
    }
    if (length < 0) error = errno;
    close(directory);
    return error;
}

int cns_remove_tree(const char *path) {
    struct stat status;
    if (lstat(path, &status) != 0) return errno == ENOENT ? 0 : errno;
    if (!S_ISDIR(status.st_mode)) return ENOTDIR;
    int error = chmod(path, 0700) == 0 ? enter(path) : errno;
    // What is emptied is found again and removed on the way up: entries that are gone cost nothing to pass again.
    for (long depth = 0; !error && depth >= 0;) {
        int entered;
        error = remove_entries(&entered);
        if (error) break;
        if (entered) depth++;
        else if (--depth >= 0 && chdir("..") != 0) error = errno;
    }
    if (chdir("/") != 0 && !error) error = errno;
    if (!error && rmdir(path) != 0) error = errno;
    return error;
}
