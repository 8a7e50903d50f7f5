#ifndef CNS_STEP_H
#define CNS_STEP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#pragma clang assume_nonnull begin

/// How many locations CNS_OPEN_LOCATION can keep.
enum { cns_location_count = 8 };

/// What one step does. Arguments are named after the fields of `struct cns_step`.
enum cns_operation {
    CNS_DEFAULT_SIGNALS = 1,   ///< SIG_DFL for every signal; clone's CLEAR_SIGHAND leaves SIG_IGN in place
    CNS_OOM_SCORE,             ///< a: least oom_score_adj; raising needs no privilege, lowering SYS_RESOURCE
    CNS_NICE,                  ///< a: how much further back in the queue for a processor; never forward
    CNS_NOT_DUMPABLE,          ///< hides /proc/self and memory from other processes of the same uid
    CNS_NEW_SESSION,           ///< setsid(2)
    CNS_RESOURCE_LIMIT,        ///< a: resource, b: soft, c: hard; both are cut to the present hard limit
    CNS_JOIN_NAMESPACE,        ///< a: namespace descriptor, b: its type
    CNS_NEW_NAMESPACE,         ///< a: flags of unshare(2)
    CNS_MOUNT,                 ///< p: source, q: target, r: type, s: data, a: flags
    CNS_OPEN_LOCATION,         ///< q: path, kept as location a; only mounts of the own namespace can be bound
    CNS_MOUNT_LOCATION,        ///< binds location a onto q, which is made if need be
    CNS_DEVICE,                ///< binds location a, which must be character device b:c, onto the new file q
    CNS_IDMAP,                 ///< q: mount to replace by its idmapped self, a: user namespace descriptor
    CNS_MASK,                  ///< q: file or directory to cover with emptiness; absent ones are skipped
    CNS_READ_ONLY,             ///< q: path to bind onto itself read-only; absent ones are skipped
    CNS_MOUNT_ATTRIBUTES,      ///< q: path, a: attributes to set, b: to clear, c: 1 for the whole tree
    CNS_MAKE_DIRECTORY,        ///< q: path, a: mode; an existing directory is fine
    CNS_OWN_DIRECTORY,         ///< q: path, a: uid, b: gid, c: mode; made or found, but nobody else's
    CNS_SYMBOLIC_LINK,         ///< p: content, q: path; an existing link is fine
    CNS_SEND_NAMESPACES,       ///< sends /proc/self/ns/{pid,mnt,ipc,uts} over the report socket
    CNS_FORK_INIT,             ///< forks; the child goes on, the parent wipes a bytes at list, runs `init_steps`
    CNS_REAP_FOR_EVER,         ///< a: lifeline descriptor; never returns
    CNS_REAP_UNTIL,            ///< a: status descriptor; ends when the forked child has; never returns
    CNS_SHEPHERD,              ///< a: status descriptor; the same, but can be told to stay; never returns
    CNS_KEEP,                  ///< a: status, b: lifeline, q: directory, c: 1 to end at once; never returns
    CNS_DESCRIPTORS,           ///< list: a descriptors that become 0..<a; everything else is closed
    CNS_SESSION_KEYRING,       ///< an own empty session keyring; kernels or profiles without keyctl are fine
    CNS_CLEAR_AMBIENT,         ///< empties the ambient capability set
    CNS_DROP_BOUNDING,         ///< a: the kernel's last capability; empties the bounding set
    CNS_GROUPS,                ///< list: a supplementary groups
    CNS_GROUP_ID,              ///< a: real, effective and saved gid
    CNS_USER_ID,               ///< a: real and saved uid, b: effective uid
    CNS_DROP_CAPABILITIES,     ///< empties permitted, effective and inheritable sets
    CNS_VERIFY_IDENTITY,       ///< a, b: as USER_ID, c: gid; checks ids, sets (q: bounding too), groups
                               ///< (unless p), and 0's reach
    CNS_VERIFY_DOMAIN,         ///< fails if the parent can be signalled
    CNS_PARENT_DEATH_SIGNAL,   ///< a: signal
    CNS_WORKING_DIRECTORY,     ///< q: path; must end up reachable and not below /proc
    CNS_UMASK,                 ///< a: mask
    CNS_SUBREAPER,             ///< orphans among the descendants become children of this process
    CNS_TERMINAL,              ///< a: rows, b: columns; new pty as 0, 1, 2 and controlling terminal, master sent;
                               ///< c: 1 if nobody is to open it again (TIOCEXCL)
    CNS_NO_NEW_PRIVILEGES,     ///< no_new_privs
    CNS_LANDLOCK,              ///< a: version, b: 1 to forbid TCP ports, arguments: the only paths to write,
                               ///< variables: the only paths to read and execute;
                               ///< abstract sockets and signals stay within this process's descendants
    CNS_EMPTY_SIGNAL_MASK,     ///< unblocks everything; a blocked mask would survive execve
    CNS_FILTER,                ///< list: a BPF instructions for seccomp(2)
    CNS_TITLE,                 ///< q: what ps shows for this process
    CNS_EXECUTE,               ///< q: path, arguments, variables
    CNS_EXECUTE_DESCRIPTOR,    ///< a: descriptor of a program, arguments, variables
    CNS_EXIT,                  ///< a: code; ends a probe in place of CNS_EXECUTE
};

/// One step. The stage is reported with errno when it fails, and nothing after it runs.
struct cns_step {
    uint16_t operation;
    uint16_t stage;
    /// An errno value that counts as success, 0 if none.
    int32_t tolerated;
    int64_t a, b, c;
    const char *_Nullable p, *_Nullable q, *_Nullable r, *_Nullable s;
    const void *_Nullable list;
    char *_Nullable const *_Nullable arguments;
    char *_Nullable const *_Nullable variables;
    const struct cns_step *_Nullable init_steps;
    size_t init_step_count;
};

/// What a child tells its parent over the report socket, one record each.
enum cns_report_kind {
    CNS_REPORT_PID = 1,         ///< value: the pid in its own pid namespace; one descriptor: its pidfd
    CNS_REPORT_FAILURE = 2,     ///< stage, error
    CNS_REPORT_NAMESPACES = 3,  ///< four descriptors: pid, mnt, ipc, uts
    CNS_REPORT_TERMINAL = 4,    ///< two descriptors: master, slave
    CNS_REPORT_STATUS = 5,      ///< value: wait status of the command (on the status socket)
};

struct cns_report {
    uint32_t kind;
    uint32_t stage;
    int32_t error;
    int32_t value;
};

#pragma clang assume_nonnull end

#endif
