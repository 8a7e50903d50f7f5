#ifndef CNS_INTERNAL_H
#define CNS_INTERNAL_H

#include "cns_process.h"

/// Runs the steps of a child. Returns only if the list ends without CNS_EXECUTE, CNS_EXIT or CNS_REAP_*.
void cns_run_steps(const struct cns_step *steps, size_t count, int report);

/// clone3(2), or clone(2) where a profile refuses it: -1, 0 in the child, 1 in the parent.
int cns_clone_child(uint64_t flags, int control_group, int exit_signal, struct cns_child *child);

/// Kills a child that nobody will hear of, and reaps it. It has no children yet.
void cns_end_child(int pidfd);

/// Sends one report, with descriptors if any.
int cns_send_report(int socket, struct cns_report report, const int *descriptors, size_t count);

/// pid 1 of a namespace: reaps orphans until the lifeline's other end, held by the helper alone, is closed.
_Noreturn void cns_reap_for_ever(int lifeline);

/// pid 1 of a cell: reaps until `command` has ended, passes its status on, and takes the cell down.
_Noreturn void cns_reap_until(pid_t command, int status_socket);

/// Parent of a user command: reaps until the command has ended and passes its status on. If the helper has
/// written to the status socket by then, it stays until every descendant has ended; else it leaves them to
/// the namespace's init.
_Noreturn void cns_shepherd(pid_t command, int status_socket);

/// Keeper of whatever runs under its effective uid: kills it all when `command`, its child, has ended, when the
/// helper writes to the status socket or closes it, when the lifeline's other end is closed, or, with
/// `ends_at_once`, now. Then it waits until no child is left, removes `directory`, passes the command's status on,
/// and exits with 0 if nothing is left. A single CNS_KEEPER_TERMINATE on the status socket asks first. `command` 0:
/// there is no child to wait for.
_Noreturn void cns_keep(pid_t command, int status_socket, int lifeline, const char *directory, int ends_at_once);

/// Removes a directory and all below it with the rights of this process. Follows no link, allocates nothing, and
/// goes to any depth. Nobody else may change the tree meanwhile. A directory that is not there is fine.
int cns_remove_tree(const char *path);

int cns_own_directory(const char *path, uid_t uid, gid_t gid, mode_t mode);
int cns_bind_device(int location, unsigned major, unsigned minor, const char *target);
int cns_bind_location(int location, const char *target);
int cns_idmap(const char *path, int user_namespace);
int cns_landlock_restrict(int version, char *const *readable, char *const *writable, int forbids_bind);
int cns_mask(const char *path);
int cns_bind_read_only(const char *path);
int cns_mount_attributes(const char *path, uint64_t set, uint64_t clear, int recursive);
int cns_open_terminal(unsigned rows, unsigned columns, int is_exclusive, int report);

#endif
