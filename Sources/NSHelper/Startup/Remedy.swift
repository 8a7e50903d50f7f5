import Glibc
import HelperProtocol
import HelperTransport

/// What to change when a step of the start-up probe fails (G10).
enum Remedy {
    static let notAsRoot =
        "mode landlock is for a helper without root: run it as another user, or let root take mode users or namespaces"

    static func text(_ failure: HelperFailure, missing: [String] = []) -> String {
        switch (failure.stage, failure.errno) {
        case (.helperIdentity, _):
            "run ns-helper as root: user 0 in the container, or with sudo on a host"
        case (.helperCapabilities, _) where missing.isEmpty:
            "the capabilities of this process cannot be read: /proc must be mounted, and capget(2) permitted"
        case (.helperCapabilities, _):
            "give the container " + missing.map { "--cap-add " + $0 }.joined(separator: " ")
        case (.helperThreads, _):
            "start ns-helper directly, without a preloaded library that starts threads"
        case (.clone, EPERM), (.newNamespace, EPERM):
            "the container's seccomp profile or missing SYS_ADMIN refuses new namespaces: add --cap-add SYS_ADMIN"
        case (.clone, ENOSYS):
            "the container's seccomp profile refuses clone3: use a profile of Docker 20.10.10 or later with SYS_ADMIN"
        case (.clone, ENOSPC):
            "the host's limit on namespaces is reached: raise user.max_pid_namespaces and user.max_mnt_namespaces"
        case (.privateMounts, EACCES), (.mount, EACCES), (.mask, EACCES):
            "AppArmor or SELinux refuses mounts: use --security-opt apparmor=unconfined (or label=disable), or a profile "
                + "that allows mount"
        case (.mount, EPERM):
            "a mount is refused: SELinux (label=disable), or a new user namespace over a masked /proc"
        case (.mount, ENOENT), (.makeDirectory, EROFS), (.makeDirectory, ENOENT):
            "a mount point is missing from the image: /proc /sys /dev /tmp /var/tmp /run /home and the workspace must exist"
        case (.mountAttributes, ENOSYS):
            "the kernel has no mount_setattr: Linux 5.12 or later is needed"
        case (.joinNamespace, EPERM):
            "entering a namespace is refused: add --cap-add SYS_CHROOT --cap-add SYS_ADMIN"
        case (.supplementaryGroups, EPERM), (.groupID, EPERM), (.groupID, EINVAL):
            "changing the group is refused: add --cap-add SETGID, and map the gids in a user namespace"
        case (.userID, EPERM), (.userID, EINVAL):
            "changing the user is refused: add --cap-add SETUID, and map the uids in a user namespace"
        case (.boundingSet, EPERM):
            "dropping capabilities is refused: add --cap-add SETPCAP"
        case (.landlock, _):
            "Landlock with scopes is needed: Linux 6.12 or later, with landlock in the list of lsm=, and a seccomp profile "
                + "that lets its calls through"
        case (.systemCallFilter, _):
            "seccomp filters are refused: the kernel needs CONFIG_SECCOMP_FILTER"
        case (.workspace, _), (.workingDirectory, _):
            "make the workspace directory, owned by the user uid, or name another one with --workspace"
        case (.device, _):
            "the image's /dev lacks a standard node or has a false one: use the engine's own /dev"
        case (.probe, EWOULDBLOCK):
            "a pair is running here already: its /health tells; a second one needs --homes and --cell-uid of its own"
        case (.makeDirectory, _):
            "make a directory for home directories that root can write, and name it with --homes"
        default:
            "the kernel refused '\(failure.stage.name)' (\(SystemError(errno: failure.errno))); see Docs/Deployment.md"
        }
    }
}
