import Glibc
import HelperProtocol
import Testing

@testable import NSHelper

/// What one process does from clone(2) on: a plan, or the way of a command's parent through two of them.
struct Sequence: Sendable, CustomTestStringConvertible {
    var name: String
    var steps: [Step]

    var testDescription: String { name }

    /// Whoever ends up running code that the helper did not write, or that talks to such code.
    static let unprivileged: [Sequence] = commands + fileAgents + [cellInit, shepherd, fileShepherd, server] + inits

    /// Everything that is made with privilege and ends as a command, on pipes and on a terminal.
    static let commands: [Sequence] = [nil, TerminalSize(rows: 24, columns: 80)].flatMap { size in
        [WorkspaceSharing.idmapped, .group].flatMap { sharing in
            let layout = Layout.make(sharing: sharing)
            let command = Layout.command(terminal: size)
            let suffix = " (\(sharing.name), \(size == nil ? "pipes" : "terminal"))"
            return [
                Sequence(
                    name: "user" + suffix,
                    steps: ChildPlan.user(command, status: 81, in: Layout.namespaces, layout)
                ),
                Sequence(
                    name: "cell" + suffix,
                    steps: ChildPlan.cell(command, status: 81, in: Layout.namespaces, layout)
                ),
            ]
        }
    }

    /// What opens files for the server: it has the user's identity and files, and is outside the user's PID namespace.
    static let fileAgents: [Sequence] = [WorkspaceSharing.idmapped, .group].map { sharing in
        Sequence(name: "file agent (\(sharing.name))", steps: fileAgent(sharing))
    }

    /// The parent of a file agent.
    static let fileShepherd = Sequence(name: "shepherd of a file agent", steps: parent(fileAgent(.idmapped)))

    private static func fileAgent(_ sharing: WorkspaceSharing) -> [Step] {
        ChildPlan.fileAgent(Layout.command(), status: 81, in: Layout.namespaces, Layout.make(sharing: sharing))
    }

    static let server = Sequence(
        name: "server",
        steps: ChildPlan.control(
            .descriptor(90),
            streams: [91, 92, 93, 94],
            in: Layout.namespaces,
            uid: 4200,
            gid: 4300,
            isPrivileged: true,
            outOfMemoryScore: 100
        )
    )

    static let inits = SandboxNamespace.allCases.map {
        Sequence(name: "init of \($0.name)", steps: ChildPlan.namespaceInit($0, Layout.make()))
    }

    /// pid 1 of a cell.
    static let cellInit = Sequence(
        name: "pid 1 of a cell",
        steps: parent(ChildPlan.cell(Layout.command(), status: 81, in: Layout.namespaces, Layout.make()))
    )

    /// The parent of a command in the user namespace.
    static let shepherd = Sequence(
        name: "shepherd",
        steps: parent(ChildPlan.user(Layout.command(), status: 81, in: Layout.namespaces, Layout.make()))
    )

    static let open = Sequence(name: "open, with privilege", steps: openPlan)
    static let openShepherd = Sequence(name: "shepherd, open, with privilege", steps: parent(openPlan))

    private static let openPlan = ChildPlan.open(
        Layout.command(),
        status: 81,
        identity: (4201, 4301),
        Layout.make(sharing: .group)
    )

    /// What the process does that forks in a plan: the steps up to the fork, and its own from there.
    private static func parent(_ plan: [Step]) -> [Step] {
        var steps: [Step] = []
        for step in plan {
            if case .forkInit(let own) = step { return steps + own }
            steps.append(step)
        }
        return steps
    }
}
