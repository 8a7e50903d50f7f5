/// A snapshot of the helper's tables.
public struct StatusReply: Sendable, Hashable {
    /// One of the three namespaces.
    public struct Namespace: Sendable, Hashable {
        /// Which one.
        public var namespace: SandboxNamespace
        /// Rises by one each time the namespace is made anew; starts at 1.
        public var generation: UInt32
        /// Whether the namespace's init is alive.
        public var isAlive: Bool
        /// Number of commands running in it.
        public var running: UInt32

        /// Makes a row.
        public init(namespace: SandboxNamespace, generation: UInt32, isAlive: Bool, running: UInt32) {
            self.namespace = namespace
            self.generation = generation
            self.isAlive = isAlive
            self.running = running
        }
    }

    /// One running command.
    public struct Process: Sendable, Hashable {
        /// Its name on the wire.
        public var handle: ProcessHandle
        /// Where it runs.
        public var namespace: SandboxNamespace
        /// Its pid as seen inside its own namespace.
        public var pid: Int32
        /// How long it has been running, in milliseconds.
        public var ageMilliseconds: UInt64

        /// Makes a row.
        public init(handle: ProcessHandle, namespace: SandboxNamespace, pid: Int32, ageMilliseconds: UInt64) {
            self.handle = handle
            self.namespace = namespace
            self.pid = pid
            self.ageMilliseconds = ageMilliseconds
        }
    }

    /// Milliseconds since the helper started (CLOCK_MONOTONIC).
    public var uptimeMilliseconds: UInt64
    /// Microseconds that making the three namespaces took at start.
    public var namespaceSetupMicroseconds: UInt64
    /// How often the server has been restarted.
    public var serverRestarts: UInt32
    /// The three namespaces; empty in mode `none`.
    public var namespaces: [Namespace]
    /// The running commands; the wire carries the first ``ProtocolLimits/statusProcesses``.
    public var processes: [Process]

    /// Makes a reply.
    public init(
        uptimeMilliseconds: UInt64,
        namespaceSetupMicroseconds: UInt64,
        serverRestarts: UInt32,
        namespaces: [Namespace],
        processes: [Process]
    ) {
        self.uptimeMilliseconds = uptimeMilliseconds
        self.namespaceSetupMicroseconds = namespaceSetupMicroseconds
        self.serverRestarts = serverRestarts
        self.namespaces = namespaces
        self.processes = processes
    }

    func put(into fields: inout FieldWriter) {
        fields.put(1, uptimeMilliseconds)
        fields.put(2, namespaceSetupMicroseconds)
        fields.put(3, serverRestarts)
        for row in namespaces {
            var bytes: [UInt8] = [row.namespace.rawValue, row.isAlive ? 1 : 0]
            bytes.append(littleEndian: row.generation)
            bytes.append(littleEndian: row.running)
            fields.put(4, bytes: bytes)
        }
        for row in processes.prefix(ProtocolLimits.statusProcesses) {
            var bytes: [UInt8] = [row.namespace.rawValue]
            bytes.append(littleEndian: row.handle.rawValue)
            bytes.append(littleEndian: row.pid)
            bytes.append(littleEndian: row.ageMilliseconds)
            fields.put(5, bytes: bytes)
        }
    }

    init(record: [UInt8]) throws(DecodingError) {
        let fields = try FieldReader(record: record, known: [1, 2, 3], repeatable: [4, 5])
        uptimeMilliseconds = try fields.integer(1)
        namespaceSetupMicroseconds = try fields.integer(2)
        serverRestarts = try fields.integer(3)
        namespaces = try fields.allBytes(4).map { (bytes) throws(DecodingError) in
            guard bytes.count == 10, let namespace = SandboxNamespace(rawValue: bytes[0]), bytes[1] <= 1 else {
                throw .invalidField(4)
            }
            return Namespace(
                namespace: namespace,
                generation: bytes.littleEndian(UInt32.self, at: 2),
                isAlive: bytes[1] == 1,
                running: bytes.littleEndian(UInt32.self, at: 6)
            )
        }
        let rows = fields.allBytes(5)
        guard rows.count <= ProtocolLimits.statusProcesses else { throw .invalidField(5) }
        processes = try rows.map { (bytes) throws(DecodingError) in
            guard bytes.count == 21, let namespace = SandboxNamespace(rawValue: bytes[0]) else {
                throw .invalidField(5)
            }
            return Process(
                handle: ProcessHandle(rawValue: bytes.littleEndian(UInt64.self, at: 1)),
                namespace: namespace,
                pid: bytes.littleEndian(Int32.self, at: 9),
                ageMilliseconds: bytes.littleEndian(UInt64.self, at: 13)
            )
        }
    }
}
