#define _GNU_SOURCE
#include "cns_privilege.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

int cns_last_capability(void) { return cap_max_bits() - 1; }

int cns_capability_number(const char *name) {
    cap_value_t value;
    return cap_from_name(name, &value) == 0 ? (int)value : -1;
}

int cns_read_capabilities(struct cns_capabilities *sets) {
    *sets = (struct cns_capabilities){0};
    cap_t now = cap_get_proc();
    if (!now) return errno;
    for (int number = 0; number <= cns_last_capability(); number++) {
        cap_flag_value_t is_set;
        uint64_t bit = 1ULL << number;
        if (cap_get_flag(now, number, CAP_EFFECTIVE, &is_set) == 0 && is_set) sets->effective |= bit;
        if (cap_get_flag(now, number, CAP_PERMITTED, &is_set) == 0 && is_set) sets->permitted |= bit;
        if (cap_get_flag(now, number, CAP_INHERITABLE, &is_set) == 0 && is_set) sets->inheritable |= bit;
        if (cap_get_bound(number) == 1) sets->bounding |= bit;
        if (cap_get_ambient(number) == 1) sets->ambient |= bit;
    }
    cap_free(now);
    return 0;
}

int cns_keep_capabilities(uint64_t keep) {
    int error = 0;
    struct cns_capabilities now;
    if ((error = cns_read_capabilities(&now))) return error;
    // The bounding set first: dropping from it needs SETPCAP, which may be given up below.
    int can_drop = (now.effective & 1ULL << CAP_SETPCAP) != 0;
    for (int number = 0; can_drop && number <= cns_last_capability() && !error; number++) {
        if (!(keep & 1ULL << number) && cap_get_bound(number) == 1 && cap_drop_bound(number) != 0) error = errno;
    }
    if (!error && cap_reset_ambient() != 0) error = errno;
    cap_t next = error ? NULL : cap_init();
    if (!error && !next) error = errno;
    for (int number = 0; number <= cns_last_capability() && !error; number++) {
        cap_value_t value = number;
        if (!(keep & 1ULL << number)) continue;
        if (cap_set_flag(next, CAP_PERMITTED, 1, &value, CAP_SET) != 0) error = errno;
        if (!error && cap_set_flag(next, CAP_EFFECTIVE, 1, &value, CAP_SET) != 0) error = errno;
    }
    if (!error && cap_set_proc(next) != 0) error = errno;
    if (next) cap_free(next);
    return error;
}

int cns_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : errno; }

int cns_set_dumpable(int dumpable) { return prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0) == 0 ? 0 : errno; }

int cns_thread_count(void) {
    DIR *tasks = opendir("/proc/self/task");
    if (!tasks) return -1;
    int count = 0;
    for (struct dirent *entry; (entry = readdir(tasks));) count += entry->d_name[0] != '.';
    closedir(tasks);
    return count;
}

int cns_is_directory(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

int cns_descriptor_kind(int descriptor, struct cns_descriptor_kind *kind) {
    struct stat status;
    *kind = (struct cns_descriptor_kind){0};
    if (fstat(descriptor, &status) != 0) return errno;
    kind->type = status.st_mode & S_IFMT;
    kind->device_major = major(status.st_rdev);
    kind->device_minor = minor(status.st_rdev);
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0) return errno;
    kind->access = flags & (O_ACCMODE | O_PATH);
    if (S_ISSOCK(status.st_mode)) {
        int domain = 0, type = 0;
        socklen_t length = sizeof(int);
        struct sockaddr_storage peer;
        socklen_t peer_length = sizeof peer;
        int is_connected = getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 &&
                           getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && domain == AF_UNIX &&
                           getpeername(descriptor, (struct sockaddr *)&peer, &peer_length) == 0;
        kind->is_unix_stream = is_connected && type == SOCK_STREAM;
        kind->is_unix_record = is_connected && type == SOCK_SEQPACKET;
    }
    return 0;
}
