#define _GNU_SOURCE
#include "cns_internal.h"
#include "cns_process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

// <sys/mount.h> and <linux/mount.h> of Debian 12 define the same names; the few of the former are here.
extern int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data);

// Objects are opened once, judged by what was opened, and mounted on through the descriptor. The fresh
// /proc of this namespace is mounted before the first of these is used.
static void descriptor_path(char path[static 32], int descriptor) {
    static const char prefix[] = "/proc/self/fd/";
    int length = 0;
    for (; prefix[length]; length++) path[length] = prefix[length];
    char reversed[12];
    int digits = 0;
    do reversed[digits++] = (char)('0' + descriptor % 10);
    while ((descriptor /= 10) > 0);
    while (digits > 0) path[length++] = reversed[--digits];
    path[length] = 0;
}

const uint64_t cns_attribute_read_only = MOUNT_ATTR_RDONLY, cns_attribute_no_suid = MOUNT_ATTR_NOSUID,
               cns_attribute_no_dev = MOUNT_ATTR_NODEV;

static int status_of(long value) { return value < 0 ? errno : 0; }

int cns_mount_attributes(const char *path, uint64_t set, uint64_t clear, int recursive) {
    struct mount_attr attributes = {.attr_set = set, .attr_clr = clear};
    unsigned flags = recursive ? AT_RECURSIVE : 0;
    return status_of(syscall(SYS_mount_setattr, AT_FDCWD, path, flags, &attributes, sizeof attributes));
}

static int make_mount_point(const char *target, int is_directory) {
    if (is_directory) return mkdir(target, 0755) == 0 || errno == EEXIST ? 0 : errno;
    int file = open(target, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (file < 0) return errno;
    close(file);
    return 0;
}

int cns_bind_location(int location, const char *target) {
    struct stat status;
    if (fstat(location, &status) != 0) return errno;
    int error = make_mount_point(target, S_ISDIR(status.st_mode));
    if (error) return error;
    char source[32];
    descriptor_path(source, location);
    return status_of(mount(source, target, NULL, MS_BIND | MS_REC, NULL));
}

int cns_bind_device(int location, unsigned major, unsigned minor, const char *target) {
    struct stat status;
    if (fstat(location, &status) != 0) return errno;
    // The node was found by name in a /dev that the image made (CVE-2025-31133, CVE-2025-52565).
    if (!S_ISCHR(status.st_mode) || status.st_rdev != makedev(major, minor)) return ENODEV;
    int error = cns_bind_location(location, target);
    if (error) return error;
    // A bind copies the flags of its source mount, nodev among them.
    return cns_mount_attributes(target, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NODEV, 0);
}

int cns_idmap(const char *path, int user_namespace) {
    int tree = (int)syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
    if (tree < 0) return errno;
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)user_namespace};
    int error = status_of(
        syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes));
    if (!error) error = status_of(syscall(SYS_move_mount, tree, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH));
    close(tree);
    return error;
}

int cns_mask(const char *path) {
    int object = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (object < 0) return errno == ENOENT || errno == ENOTDIR ? 0 : errno;
    struct stat status;
    char target[32];
    descriptor_path(target, object);
    int error = fstat(object, &status) == 0 ? 0 : errno;
    if (!error && S_ISLNK(status.st_mode)) error = ELOOP;
    if (!error && S_ISDIR(status.st_mode))
        error = status_of(mount("tmpfs", target, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
                                "size=4k,nr_inodes=2,mode=0555"));
    else if (!error)
        error = status_of(mount("/dev/null", target, NULL, MS_BIND, NULL));
    close(object);
    return error;
}

int cns_bind_read_only(const char *path) {
    int error = status_of(mount(path, path, NULL, MS_BIND | MS_REC, NULL));
    if (error == ENOENT) return 0;
    if (error) return error;
    return cns_mount_attributes(path, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, 0, 1);
}

int cns_keeps_from_swap(void) {
    int context = (int)syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
    if (context < 0) return 0;
    // EINVAL where the kernel is older, and in a user namespace. Nothing is mounted.
    int known = syscall(SYS_fsconfig, context, FSCONFIG_SET_FLAG, "noswap", NULL, 0) == 0;
    close(context);
    return known;
}

int cns_mount_control_groups(int *descriptor) {
    int context = (int)syscall(SYS_fsopen, "cgroup2", FSOPEN_CLOEXEC);
    if (context < 0) return errno;
    int error = status_of(syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
    unsigned attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
    int mounted = error ? -1 : (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes);
    if (!error && mounted < 0) error = errno;
    close(context);
    // What fsmount gives names the mount only; its root directory can be opened beside it.
    if (!error) {
        *descriptor = openat(mounted, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (*descriptor < 0) error = errno;
    }
    if (mounted >= 0) close(mounted);
    return error;
}

int cns_is_delegated(int directory) {
    // systemd marks what it has given away, and says it to everybody by the second name.
    static const char *const names[] = {"trusted.delegate", "user.delegate"};
    for (int i = 0; i < 2; i++) {
        char value;
        if (fgetxattr(directory, names[i], &value, 1) == 1 && value == '1') return 1;
    }
    return 0;
}

int cns_mount_writable(const char *directory) {
    return status_of(mount("tmpfs", directory, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
                           "mode=0711,size=64k,nr_inodes=16"));
}
