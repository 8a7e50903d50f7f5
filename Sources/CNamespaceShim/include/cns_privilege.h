#ifndef CNS_PRIVILEGE_H
#define CNS_PRIVILEGE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#pragma clang assume_nonnull begin

/// Capability sets of this process as bit masks. capabilities(7).
struct cns_capabilities {
    uint64_t effective, permitted, inheritable, bounding, ambient;
};

/// Reads the five sets, through libcap.
int cns_read_capabilities(struct cns_capabilities *sets);

/// Cuts permitted and effective to `keep`, inheritable and ambient to nothing, and, with SETPCAP, the bounding
/// set to `keep`.
int cns_keep_capabilities(uint64_t keep);

/// The kernel's highest capability number.
int cns_last_capability(void);

/// Number of the capability of this name ("cap_kill"), -1 if unknown. cap_from_name(3).
int cns_capability_number(const char *name);

/// Version of the kernel's Landlock interface, 0 if there is none. landlock(7).
int cns_landlock_version(void);

/// no_new_privs for this process and all its descendants. prctl(2).
int cns_no_new_privileges(void);

/// Makes this process non-dumpable, or dumpable again. prctl(2).
int cns_set_dumpable(int dumpable);

/// Number of threads of this process, from /proc/self/task.
int cns_thread_count(void);

/// 1 if a path is a directory this process can enter, for checks at start.
int cns_is_directory(const char *path);

/// File type and device of an open descriptor, for the allow list of child descriptors. fstat(2).
struct cns_descriptor_kind {
    mode_t type;
    unsigned device_major, device_minor;
    int is_unix_stream;  ///< a connected AF_UNIX SOCK_STREAM socket
    int is_unix_record;  ///< a connected AF_UNIX SOCK_SEQPACKET socket
    int access;          ///< O_RDONLY, O_WRONLY, O_RDWR or O_PATH
};
int cns_descriptor_kind(int descriptor, struct cns_descriptor_kind *kind);

#pragma clang assume_nonnull end

#endif
