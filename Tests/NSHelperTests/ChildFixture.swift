import CNamespaceShim
import Glibc
import HelperProtocol
import HelperTransport

@testable import NSHelper

/// Real children that need no privilege: they stay in the namespaces and with the ids of the test process.
struct ChildFixture: ~Copyable {
    let context: SpawnContext
    let null: OwnedDescriptor

    init() throws {
        null = OwnedDescriptor(adopting: open("/dev/null", O_RDWR | O_CLOEXEC))
        var layout = Layout.make(sharing: .sameOwner)
        layout.descriptors = LayoutDescriptors(null: null.rawValue, lifeline: -1, identityMap: nil)
        context = SpawnContext(
            layout: layout,
            filters: try FilterSet(),
            ownPIDNamespace: OwnedDescriptor(adopting: open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC))
        )
    }

    /// What became of a child.
    struct Outcome {
        var failure: HelperFailure?
        /// wait(2) status.
        var status: Int32
        var pid: Int32?
    }

    /// Runs a list of steps to the child's end.
    func run(_ steps: [Step]) throws -> Outcome {
        let image = CommandImage()
        var spawned = try Spawner.spawn(steps, kind: .plain, pidNamespace: nil, context: context, image: image)
        spawned.report.drainToEnd(timeoutMilliseconds: 10_000)
        var end = cns_end()
        let code = cns_reap(spawned.child.pid, 1, &end)
        guard code == 0 else { throw SystemError(errno: code) }
        return Outcome(failure: spawned.report.outcome, status: end.status, pid: spawned.report.pid)
    }

    /// A command of mode `none` that ends where a program would start, as an entry of the table.
    func command(_ handle: ProcessHandle, _ namespace: SandboxNamespace, connection: UInt64) throws -> RunningCommand {
        let command = ChildPlan.Command(
            program: .probe,
            workingDirectory: [0x2F],
            streams: [null.rawValue, null.rawValue, null.rawValue]
        )
        let launch = try CommandLaunch(open: command, identity: nil, context, image: CommandImage())
        return RunningCommand(
            handle: handle,
            namespace: namespace,
            connection: connection,
            requestID: 1,
            launch: launch,
            deadlineMicroseconds: .max
        )
    }
}

extension RunningCommand {
    /// Reaps the child and notes its end.
    func reap() throws {
        var end = cns_end()
        let code = cns_reap(childPID, 1, &end)
        guard code == 0 else { throw SystemError(errno: code) }
        ended(end)
    }
}
