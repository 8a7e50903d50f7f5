public import HelperClient
public import HelperProtocol

/// A running pair, as ``PairFixture`` hands it to a test.
public final class Pair: Sendable {
    /// The helper's process: its pid, its log, its end.
    public let helper: ChildProcess
    /// A connection through the path door, greeted.
    public let client: HelperClient
    /// What the helper said about itself.
    public let hello: HelloReply
    /// The pair's own directory, readable for root alone but for the workspace in it.
    public let directory: String
    /// Path of the helper's socket for tools.
    public let socketPath: String
    /// pids of the namespaces' inits at start, in the test's own PID namespace; empty unless the mode is `namespaces`.
    public let initialInits: [SandboxNamespace: Int32]

    init(
        helper: ChildProcess,
        client: HelperClient,
        hello: HelloReply,
        directory: String,
        socketPath: String,
        initialInits: [SandboxNamespace: Int32]
    ) {
        self.helper = helper
        self.client = client
        self.hello = hello
        self.directory = directory
        self.socketPath = socketPath
        self.initialInits = initialInits
    }

    /// The pair's uids and gids.
    public var ids: SandboxIdentities { hello.ids }
    /// The shared directory.
    public var workspace: String { hello.workspace }
    /// TCP port of the HTTP API.
    public var apiPort: UInt16 { hello.apiPort }
    /// TCP port of Jupyter.
    public var jupyterPort: UInt16 { hello.jupyterPort }

    /// pids of the namespaces' inits now.
    public var inits: [SandboxNamespace: Int32] { Self.inits(of: helper.pid) }

    /// pid of the server now; nil between two servers.
    public var serverPID: Int32? {
        controlProgram { !$0.hasPrefix("ns-") && $0 != Self.jupyterName }
    }

    /// pid of Jupyter now; nil between two of them, and where there is none.
    public var jupyterPID: Int32? {
        controlProgram { $0 == Self.jupyterName }
    }

    /// As the kernel cuts it.
    private static let jupyterName = "sandbox-jupyter"

    private func controlProgram(_ isWanted: (String) -> Bool) -> Int32? {
        ProcessFile.children(helper.pid).first { pid in
            ProcessFile.name(pid).map(isWanted) ?? false && ProcessFile.userID(pid) == ids.control
        }
    }

    /// Every process that has one of the pair's three uids, zombies included.
    public var processes: [Int32] { ProcessFile.processes(of: [ids.control, ids.user, ids.secure]) }

    /// Opens another connection through the path door and greets the helper.
    public func connect() async throws -> HelperClient {
        let client = try HelperClient(connectingTo: socketPath)
        _ = try await client.hello()
        return client
    }

    static func inits(of helper: Int32) -> [SandboxNamespace: Int32] {
        var inits: [SandboxNamespace: Int32] = [:]
        for pid in ProcessFile.children(helper) {
            guard let name = ProcessFile.name(pid),
                let namespace = SandboxNamespace.allCases.first(where: { name == "ns-init " + $0.name })
            else { continue }
            inits[namespace] = pid
        }
        return inits
    }
}
