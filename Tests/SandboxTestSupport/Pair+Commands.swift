import Glibc
public import HelperClient
public import HelperProtocol
import HelperTransport

extension Pair {
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
