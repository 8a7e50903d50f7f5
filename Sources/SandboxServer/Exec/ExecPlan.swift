import Glibc
import HelperClient
import HelperProtocol
import HelperTransport
import SandboxAPI

/// A request that has been found good: exactly what the helper will be asked for.
struct ExecPlan: Sendable {
    var namespace: NamespaceName
    /// Anything but all of it in a cell only.
    var workspace: WorkspaceAccess
    var command: String
    var variables: [(name: String, value: SecretBytes)]
    /// What the request asked for; the session's directory or the workspace if nil.
    var requestedDirectory: String?
    /// Where a command of no session runs, and one in a cell.
    var workingDirectory: String
    /// nil for no limit.
    var timeoutMilliseconds: Int?
    /// Whether the request itself set the limit.
    var hasOwnTimeout: Bool
    /// What the command finds on its standard input; nil for nothing.
    var input: SecretBytes?

    /// Bytes of the largest input: with the third that base64 adds, it fits into a body of the default limit.
    static let inputLimitBytes = 16_777_216

    /// Judges a request. Errors name fields and variables, never a value and nothing of the command.
    init(
        _ request: ExecuteRequest,
        configuration: ServerConfiguration,
        selector: NamespaceSelector,
        workspace: String
    )
        throws(APIError)
    {
        try Self.check(request, configuration)
        guard let namespace = selector.select(request.env.keys, wish: request.namespace) else {
            let names = request.env.keys.filter { !selector.isNeutral($0) }.sorted()
            throw .invalid(
                "namespace",
                "cannot be user: these variables may hold credentials: \(names.joined(separator: ", "))"
            )
        }
        self.namespace = namespace
        self.workspace = Self.access(request.workspace)
        // In user it is everybody's: a command that asks for less must not believe that it got it.
        guard self.workspace == .readWrite || namespace == .secure else {
            throw .invalid("workspace", "can be ro or none in secure only: give the command env, or namespace secure")
        }
        command = request.command
        variables = request.env.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
        requestedDirectory = request.cwd
        workingDirectory = request.cwd ?? workspace
        let timeout = request.timeoutMs ?? 0
        hasOwnTimeout = timeout > 0
        let limit = timeout > 0 ? timeout : configuration.commandTimeoutMilliseconds
        timeoutMilliseconds = limit > 0 ? limit : nil
        input = request.stdin
    }

    private static func access(_ name: WorkspaceAccessName?) -> WorkspaceAccess {
        switch name {
        case .readWrite?, nil: .readWrite
        case .readOnly?: .readOnly
        case .empty?: .empty
        }
    }

    private static func check(_ request: ExecuteRequest, _ configuration: ServerConfiguration) throws(APIError) {
        guard !request.command.allSatisfy(\.isWhitespace) else {
            throw APIError(.invalidCommand, "The command is empty.", operation: "command.execute")
        }
        guard !request.command.utf8.contains(0) else { throw .invalid("command", "must not hold a NUL") }
        guard request.command.utf8.count <= configuration.commandLimitBytes else {
            throw .invalid("command", "must have at most \(configuration.commandLimitBytes) bytes")
        }
        if let cwd = request.cwd, let problem = PathRules.problem(cwd) { throw .invalid("cwd", problem) }
        if let timeout = request.timeoutMs, !(0...Int(Int32.max)).contains(timeout) {
            throw .invalid("timeoutMs", "must be from 0 to \(Int32.max)")
        }
        // An empty id is no id: SessionReference.
        if let session = request.sessionId, !session.isEmpty {
            guard !session.allSatisfy(\.isWhitespace), session.utf8.count <= 256, !session.utf8.contains(0) else {
                throw .invalid("sessionId", "must be a text of 1 to 256 bytes that is not blank")
            }
        }
        if let input = request.stdin, input.count > inputLimitBytes {
            throw APIError(
                .requestTooLarge,
                "stdin must have at most \(inputLimitBytes) bytes.",
                operation: "command.execute",
                suggestion: "Store the input as a file (PUT /api/files/raw) and let the command read that."
            )
        }
        try checkVariables(request.env, configuration)
    }

    /// Judges variables on their own; `field` is where the request has them.
    static func checkVariables(
        _ variables: [String: SecretBytes],
        _ configuration: ServerConfiguration,
        field: String = "env"
    )
        throws(APIError)
    {
        // Some room is left for the helper's own variables.
        let most = ProtocolLimits.variables - 256
        guard variables.count <= most else { throw .invalid(field, "must have at most \(most) variables") }
        var total = 0
        for (name, value) in variables {
            guard name.utf8.count <= 256 else { throw .invalid(field, "has a name longer than 256 bytes") }
            guard VariableName.isValid(name.utf8) else {
                throw .invalid(field, "has a name that is not of the form [A-Za-z_][A-Za-z0-9_]*")
            }
            guard !value.contains(0) else { throw .invalid("\(field).\(name)", "must not hold a NUL") }
            guard name.utf8.count + value.count + 2 <= ProtocolLimits.stringBytes else {
                throw .invalid("\(field).\(name)", "is longer than \(ProtocolLimits.stringBytes) bytes with its name")
            }
            total += name.utf8.count + value.count
        }
        guard total <= configuration.environmentLimitBytes else {
            throw .invalid(field, "must have at most \(configuration.environmentLimitBytes) bytes in all")
        }
    }

    /// The variables for a session's shell, none of which may be a credential.
    var plainVariables: [[UInt8]] {
        variables.map { variable in
            var bytes = Array((variable.name + "=").utf8)
            let start = bytes.count
            bytes += [UInt8](repeating: 0, count: variable.value.count)
            bytes.withUnsafeMutableBytes {
                variable.value.copy(to: UnsafeMutableRawBufferPointer(rebasing: $0[start...]))
            }
            return bytes
        }
    }

    /// Takes the session's directory, unless the request names one, and the session's variables.
    mutating func join(_ session: Session) {
        // Without the workspace a session's directory is not there.
        if workspace != .empty {
            workingDirectory = requestedDirectory ?? session.startDirectory(or: workingDirectory)
        }
        addVariables(of: session)
    }

    /// Adds the session's variables that the command does not set itself.
    private mutating func addVariables(of session: Session) {
        let own = Set(variables.map(\.name))
        variables += session.settings.variables.filter { !own.contains($0.name) }
    }

    /// What a session is made with that this command is the first of.
    var sessionSettings: SessionSettings {
        SessionSettings(directory: requestedDirectory)
    }

    /// Starts the command on its own, with these ends of its pipes.
    /// - Throws: ``HelperClientError`` if it could not be started.
    func spawn(
        _ helper: HelperClient,
        shell: String,
        input: consuming OwnedDescriptor?,
        output: consuming OwnedDescriptor,
        error: consuming OwnedDescriptor
    )
        async throws(HelperClientError) -> HelperProcess
    {
        let payload: ProcessPayload
        do throws(SpawnPayload.Problem) { payload = try self.payload(shell: shell) } catch { throw .payload(error) }
        let input = if let pipe = input.take() { pipe } else { try NullDevice.open(O_RDONLY) }
        return try await helper.spawn(
            spawnRequest(shell: shell),
            payload: payload,
            streams: StandardStreams(input: input, output: output, error: error)
        )
    }

    /// argv and environment for the helper.
    func payload(shell: String) throws(SpawnPayload.Problem) -> ProcessPayload {
        // A command that begins like an option is none.
        let words = (command.utf8.first.map { "-+".utf8.contains($0) } == true ? ["-c", "--"] : ["-c"]) + [command]
        return try ProcessPayload(
            arguments: [Array(shell.utf8)] + words.map { Array($0.utf8) },
            variables: variables.map { variable in
                ProcessPayload.Variable(name: Array(variable.name.utf8), valueCount: variable.value.count) {
                    variable.value.copy(to: $0)
                }
            }
        )
    }

    /// What the helper is asked.
    func spawnRequest(shell: String) -> SpawnRequest {
        var request = SpawnRequest(
            namespace: namespace == .secure ? .secure : .user,
            executable: Array(shell.utf8),
            workingDirectory: Array(workingDirectory.utf8)
        )
        request.workspace = workspace
        return request
    }
}
