import CNamespaceShim
import Glibc
import HelperProtocol
import HelperTransport

/// One of the three namespaces: its init and the descriptors by which commands enter it. Kills what is left
/// of it when it is dropped.
final class RunningNamespace {
    let namespace: SandboxNamespace
    private let initProcess: Child
    private let pidNamespace: OwnedDescriptor
    private let mount: OwnedDescriptor
    private let ipc: OwnedDescriptor
    private let uts: OwnedDescriptor
    /// Where its processes are counted and can be killed at once; nil where the pair has no cgroups.
    let group: ControlGroup?
    /// Set by whoever reaped the init; its pid is no name of anything from then on.
    var isReaped = false

    /// How long an init may take for its mounts. No foreign code runs before it is done, so only a stuck
    /// kernel gets here.
    static let timeoutMilliseconds: Int32 = 5000

    /// Waits for an init that `StartingNamespace` started.
    init(
        _ namespace: SandboxNamespace,
        initProcess: consuming Child,
        descriptors: consuming DescriptorList,
        group: ControlGroup? = nil
    ) throws(HelperFailure) {
        var descriptors = descriptors
        guard let pid = descriptors.take(0), let mount = descriptors.take(1), let ipc = descriptors.take(2),
            let uts = descriptors.take(3)
        else { throw HelperFailure(.stepFailed, stage: .sendDescriptors, errno: EPROTO) }
        self.namespace = namespace
        self.initProcess = initProcess
        self.pidNamespace = pid
        self.mount = mount
        self.ipc = ipc
        self.uts = uts
        self.group = group
    }

    deinit {
        guard !isReaped else { return }
        initProcess.signal(SIGKILL)
        // Without waiting: the init does not end before each of its members has been reaped, and some of them
        // may be the helper's own children.
        var end = cns_end()
        _ = cns_reap(initProcess.pid, 0, &end)
    }

    /// pid of the init in the helper's own PID namespace.
    var initPID: pid_t { initProcess.pid }

    /// The PID namespace's descriptor.
    var pidDescriptor: Int32 { pidNamespace.rawValue }

    /// What a command's steps need to know.
    var descriptors: ChildPlan.Namespaces {
        ChildPlan.Namespaces(mount: mount.rawValue, ipc: ipc.rawValue, uts: uts.rawValue)
    }

    /// Kills the init, and with it everything in the namespace. The end arrives as SIGCHLD.
    ///
    /// - Returns: Whether everybody in it is known to do nothing more from now on. Otherwise that is only known when
    ///   the init has been reaped.
    @discardableResult
    func kill() -> Bool {
        initProcess.signal(SIGKILL)
        return group?.kill() ?? false
    }
}
