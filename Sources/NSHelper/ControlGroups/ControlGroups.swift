import CNamespaceShim
import Glibc
import HelperProtocol
import HelperTransport

/// The pair's part of the cgroup hierarchy: one group for the control plane, one each for `user` and `secure`, with
/// their limits, and below those one for every generation of the namespace.
final class ControlGroups {
    /// Why there are none: the step and the kernel's answer.
    struct Failure: Error, Hashable {
        var step: String
        var errno: Int32

        /// For the log and `/health`.
        var reason: String { "no cgroups of the pair's own: \(step) (\(SystemError(errno: errno)))" }
    }

    /// Those that really limit.
    let controllers: Set<ControlGroupPlan.Controller>
    private let top: ControlDirectory
    private let prefix: String
    private let plan: ControlGroupPlan
    private var groups: [SandboxNamespace: ControlDirectory] = [:]
    private var nextName = 1
    /// Killed, and not yet empty.
    private var retired: [ControlGroup] = []

    /// Makes the groups below `top`, whose member this process is, and moves it into the one for the control plane.
    init(in top: ControlDirectory, _ plan: ControlGroupPlan, pid: pid_t = getpid()) throws(Failure) {
        self.top = top
        self.plan = plan
        prefix = "ns-helper-\(pid)-"
        for namespace in SandboxNamespace.allCases {
            do { groups[namespace] = try top.make(prefix + namespace.name) } catch {
                throw Failure(step: "making a group", errno: error.errno)
            }
        }
        let control = try Self.group(.control, groups)
        let code = control.write("0", to: "cgroup.procs")
        guard code == 0 else { throw Failure(step: "moving the helper into its group", errno: code) }
        // Whoever else began the container (an init of the engine's) must not stand in the way: a group with
        // processes cannot give controllers on.
        for other in (top.text("cgroup.procs") ?? "").split(separator: "\n") where other != "0" {
            _ = control.write(String(other), to: "cgroup.procs")
        }
        let wanted = Self.delegated(top)
        controllers = Set(
            // One by one: what one of them cannot is no reason to go without the others.
            ControlGroupPlan.Controller.allCases.filter {
                wanted.contains($0) && top.write("+\($0.rawValue)", to: "cgroup.subtree_control") == 0
            }
        )
        for namespace in SandboxNamespace.allCases {
            let group = try Self.group(namespace, groups)
            try Self.apply(plan.settings(namespace, controllers), to: group)
            if namespace != .control, controllers.contains(.pids) {
                let code = group.write("+pids", to: "cgroup.subtree_control")
                guard code == 0 else { throw Failure(step: "giving the pids controller on", errno: code) }
            }
        }
    }

    /// The controllers that `top` may give on.
    static func delegated(_ top: ControlDirectory) -> Set<ControlGroupPlan.Controller> {
        let names = (top.text("cgroup.controllers") ?? "").split { $0 == " " || $0 == "\n" }
        return Set(names.compactMap { ControlGroupPlan.Controller(rawValue: String($0)) })
    }

    /// The group of this process, in a mount of its own of the cgroup file system.
    ///
    /// - Parameter cgroups: The text of /proc/self/cgroup.
    static func own(cgroups: String) throws(Failure) -> ControlDirectory {
        guard let place = ContainerLimits.places(cgroups)[""] else {
            throw Failure(step: "this machine has no cgroup version 2", errno: ENODEV)
        }
        var descriptor: Int32 = -1
        let code = cns_mount_control_groups(&descriptor)
        guard code == 0 else { throw Failure(step: "mounting cgroup version 2", errno: code) }
        let root = ControlDirectory(adopting: OwnedDescriptor(adopting: descriptor))
        // The root of a cgroup namespace is the container's own, and so is what a service manager has given away.
        // Anything else is somebody else's to divide; the machine's root (it has no events) is everybody's.
        guard place != "/" || root.text("cgroup.events") == nil else { return root }
        let own: ControlDirectory
        do { own = place == "/" ? root : try root.open(String(place.dropFirst())) } catch {
            throw Failure(step: "opening the own group", errno: error.errno)
        }
        guard cns_is_delegated(own.rawValue) != 0 else {
            throw Failure(
                step: "the own group is not delegated: give the container a cgroup namespace, or the unit Delegate=yes",
                errno: EPERM
            )
        }
        return own
    }

    /// A group for a new generation of the namespace; nil for `control`, whose processes share the helper's.
    func generation(_ namespace: SandboxNamespace) throws(HelperFailure) -> ControlGroup? {
        guard namespace != .control, let group = groups[namespace] else { return nil }
        defer { nextName += 1 }
        do {
            let directory = try group.make("\(nextName)")
            try Self.apply(plan.settingsOfGeneration(namespace, controllers), to: directory)
            return ControlGroup("\(nextName)", in: group, directory)
        } catch let error as SystemError {
            throw HelperFailure(.stepFailed, stage: .controlGroup, errno: error.errno)
        } catch let error as Failure {
            throw HelperFailure(.stepFailed, stage: .controlGroup, errno: error.errno)
        } catch {
            throw HelperFailure(.stepFailed, stage: .controlGroup, errno: EIO)
        }
    }

    /// Takes back a generation's group, as soon as nobody is left in it.
    func retire(_ group: ControlGroup) {
        if !group.remove() { retired.append(group) }
    }

    /// Removes what has become empty.
    func clearUp() {
        retired.removeAll { $0.remove() }
    }

    /// Removes what the kernel lets go, at the end, when all processes but this one are gone. The helper's own group
    /// goes with the container, or with the unit.
    func dissolve() {
        for namespace in [SandboxNamespace.user, .secure] {
            // The last generation has not been retired; of the others most have gone already.
            for name in 1..<nextName { _ = groups[namespace]?.remove("\(name)") }
            _ = top.remove(prefix + namespace.name)
        }
    }

    private static func group(
        _ namespace: SandboxNamespace,
        _ groups: [SandboxNamespace: ControlDirectory]
    ) throws(Failure) -> ControlDirectory {
        guard let group = groups[namespace] else { throw Failure(step: "making a group", errno: ENOENT) }
        return group
    }

    private static func apply(_ settings: [ControlGroupPlan.Setting], to group: ControlDirectory) throws(Failure) {
        for setting in settings {
            let code = group.write(setting.value, to: setting.file)
            guard code == 0 || (setting.isOptional && code == ENOENT) else {
                throw Failure(step: "writing \(setting.file)", errno: code)
            }
        }
    }
}
