/// Asks for one process in the user namespace, or in a fresh cell of the secure namespace.
///
/// The record carries the payload memfd (``SpawnPayload``) as its first descriptor, then, for pipes,
/// stdin, stdout and stderr. A request can not name a uid, a capability, a namespace path, a cgroup or a
/// filter: those are the helper's policy.
public struct SpawnRequest: Sendable, Hashable {
    /// What the process gets as its three standard streams.
    public enum StandardStreams: Sendable, Hashable {
        /// Three descriptors of the caller's: FIFOs, connected Unix stream sockets or /dev/null.
        case descriptors
        /// A new terminal of this size; the reply carries its master.
        case terminal(TerminalSize)
    }

    /// Where the process runs: `user` or `secure`.
    public var namespace: SandboxNamespace
    /// Absolute path of the program, not below `/proc`; empty where ``agent`` is set.
    public var executable: [UInt8]
    /// The pair's own agent instead of a program of the sandbox's. Its file was opened by the helper at start.
    public var agent: AgentRole?
    /// Absolute working directory, not below `/proc`; entered with the target's own rights.
    public var workingDirectory: [UInt8]
    /// The process's standard streams.
    public var streams: StandardStreams
    /// What a cell has of the workspace; anything but all of it is for `secure` only.
    public var workspace = WorkspaceAccess.readWrite

    /// Makes a request; the decoder on the helper's side judges the values.
    public init(
        namespace: SandboxNamespace,
        executable: [UInt8],
        workingDirectory: [UInt8],
        streams: StandardStreams = .descriptors
    ) {
        self.namespace = namespace
        self.executable = executable
        self.workingDirectory = workingDirectory
        self.streams = streams
    }

    /// Makes a request for the pair's own agent, which speaks on a record socket as its stdin.
    public init(namespace: SandboxNamespace, agent: AgentRole, workingDirectory: [UInt8]) {
        self.init(namespace: namespace, executable: [], workingDirectory: workingDirectory)
        self.agent = agent
    }

    /// How many descriptors the record carries.
    var descriptorCount: Int {
        switch streams {
        case .descriptors: 4
        case .terminal: 1
        }
    }

    func put(into fields: inout FieldWriter) {
        fields.put(1, namespace.rawValue)
        if let agent { fields.put(6, agent.rawValue) } else { fields.put(2, bytes: executable) }
        fields.put(3, bytes: workingDirectory)
        if case .terminal(let size) = streams {
            fields.put(4, size.rows)
            fields.put(5, size.columns)
        }
        if workspace != .readWrite { fields.put(7, workspace.rawValue) }
    }

    init(record: [UInt8]) throws(DecodingError) {
        let fields = try FieldReader(record: record, known: [1, 2, 3, 4, 5, 6, 7])
        namespace = try fields.choice(1)
        guard namespace != .control else { throw .invalidField(1) }
        agent = fields.has(6) ? try fields.choice(6) : nil
        // One of the two, never both: which program runs must not depend on who reads the record.
        guard agent == nil || !fields.has(2) else { throw .invalidField(6) }
        // File operations carry no credential, and a cell has no view that outlives its command.
        guard agent != .files || namespace == .user else { throw .invalidField(6) }
        executable = agent == nil ? try fields.absolutePath(2) : []
        workingDirectory = try fields.absolutePath(3)
        // /proc/self/fd/N, /proc/<pid>/root and friends are doors out of the namespace (CVE-2024-21626).
        guard !executable.isBelowProc else { throw .invalidField(2) }
        guard !workingDirectory.isBelowProc else { throw .invalidField(3) }
        if fields.has(4) || fields.has(5) {
            guard agent == nil else { throw .invalidField(6) }
            let size = TerminalSize(rows: try fields.integer(4), columns: try fields.integer(5))
            guard size.isAcceptable else { throw .invalidField(4) }
            streams = .terminal(size)
        } else {
            streams = .descriptors
        }
        workspace = fields.has(7) ? try fields.choice(7) : .readWrite
        // In `user` the workspace is everybody's.
        guard workspace == .readWrite || namespace == .secure else { throw .invalidField(7) }
    }
}

extension [UInt8] {
    /// Whether the absolute path's first component is `proc`, however many slashes or dots stand before it.
    var isBelowProc: Bool {
        split(separator: UInt8(ascii: "/")).first { $0 != [UInt8(ascii: ".")] }.map(Array.init) == Array("proc".utf8)
    }
}
