import Glibc
public import HelperClient
public import HelperProtocol
import HelperTransport

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
        ProcessFile.children(helper.pid).first { pid in
            ProcessFile.name(pid).map { !$0.hasPrefix("ns-") } ?? false && ProcessFile.userID(pid) == ids.control
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

    /// Starts a program with stdin at its end and both outputs collected.
    ///
    /// - Parameters:
    ///   - arguments: argv; a first one without a slash is looked up in /usr/bin and /bin.
    ///   - namespace: `user` or `secure`.
    ///   - environment: Variables of the payload.
    ///   - directory: Working directory; nil takes the workspace.
    ///   - client: The connection; nil takes ``client``.
    public func start(
        _ arguments: [String],
        in namespace: SandboxNamespace = .user,
        environment: [String: String] = [:],
        directory: String? = nil,
        over client: HelperClient? = nil
    ) async throws -> RunningCommand {
        let (output, outputWriter) = try OutputReader.withPipe()
        let (errors, errorWriter) = try OutputReader.withPipe()
        let streams = StandardStreams(
            input: OwnedDescriptor(adopting: open("/dev/null", O_RDWR | O_CLOEXEC)),
            output: OwnedDescriptor(adopting: outputWriter),
            error: OwnedDescriptor(adopting: errorWriter)
        )
        let process = try await (client ?? self.client).spawn(
            try request(arguments, namespace, directory),
            payload: try Self.payload(arguments, environment),
            streams: streams
        )
        return RunningCommand(process: process, output: output, errors: errors)
    }

    /// Starts a program in a terminal.
    public func startInTerminal(
        _ arguments: [String],
        in namespace: SandboxNamespace = .user,
        environment: [String: String] = [:],
        directory: String? = nil,
        size: TerminalSize = TerminalSize(rows: 24, columns: 80)
    ) async throws -> RunningCommand {
        var request = try request(arguments, namespace, directory)
        request.streams = .terminal(size)
        let process = try await client.spawn(request, payload: try Self.payload(arguments, environment))
        guard let master = process.takeTerminal() else { throw TestFailure("the reply carried no terminal") }
        let (errors, writer) = try OutputReader.withPipe()
        close(writer)
        return RunningCommand(process: process, output: try OutputReader(adopting: master), errors: errors)
    }

    /// Runs a program to its end.
    public func run(
        _ arguments: [String],
        in namespace: SandboxNamespace = .user,
        environment: [String: String] = [:],
        directory: String? = nil,
        over client: HelperClient? = nil
    ) async throws -> CommandResult {
        try await start(arguments, in: namespace, environment: environment, directory: directory, over: client).result()
    }

    /// Runs a script with `/bin/sh -c` to its end.
    public func shell(
        _ script: String,
        in namespace: SandboxNamespace = .user,
        environment: [String: String] = [:],
        directory: String? = nil
    ) async throws -> CommandResult {
        try await run(["/bin/sh", "-c", script], in: namespace, environment: environment, directory: directory)
    }

    /// Starts a script with `/bin/sh -c` and waits until it has written `text`.
    public func startShell(
        _ script: String,
        in namespace: SandboxNamespace = .user,
        environment: [String: String] = [:],
        until text: String,
        over client: HelperClient? = nil
    ) async throws -> RunningCommand {
        let command = try await start(
            ["/bin/sh", "-c", script],
            in: namespace,
            environment: environment,
            over: client
        )
        guard try await command.output.wait(for: text) else {
            throw TestFailure("the script ended without '\(text)': \(command.output.text)\(command.errors.text)")
        }
        return command
    }

    /// Copies `state-probe` into the workspace, where commands can execute it, and returns its path.
    public func installStateProbe() throws -> String {
        let source = try TestPrograms.path("state-probe")
        let target = workspace + "/state-probe"
        if access(target, X_OK) == 0 { return target }
        guard let content = FileBytes.read(source) else { throw TestFailure("cannot read state-probe") }
        try FileBytes.write(content, to: target + ".new", mode: 0o755)
        chown(target + ".new", ids.user, ids.workspaceGroup)
        rename(target + ".new", target)
        return target
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

    private func request(
        _ arguments: [String],
        _ namespace: SandboxNamespace,
        _ directory: String?
    ) throws
        -> SpawnRequest
    {
        guard let program = arguments.first else { throw TestFailure("no program") }
        let path =
            program.contains("/")
            ? program : ["/usr/bin/", "/bin/"].map { $0 + program }.first { access($0, X_OK) == 0 } ?? program
        return SpawnRequest(
            namespace: namespace,
            executable: Array(path.utf8),
            workingDirectory: Array((directory ?? workspace).utf8)
        )
    }

    private static func payload(_ arguments: [String], _ environment: [String: String]) throws -> ProcessPayload {
        try ProcessPayload(
            arguments: arguments.map { Array($0.utf8) },
            variables: environment.map { .init(name: Array($0.key.utf8), value: Array($0.value.utf8)) }
        )
    }
}
