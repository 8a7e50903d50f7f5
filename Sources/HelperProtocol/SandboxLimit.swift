/// One limit on what code in a namespace may use up, and what enforces it.
public struct SandboxLimit: Sendable, Hashable {
    /// What is limited. Where nothing else is said, the number is a count.
    public enum Resource: UInt8, Sendable, CaseIterable {
        /// Processes and threads of the namespace's uid.
        case processes = 1
        /// Descriptors of one process.
        case openFiles = 2
        /// Memory, in bytes.
        case memory = 3
        /// Share of the processors where there are too few; the control plane has 400.
        case processorWeight = 4
        /// Steps of priority behind the control plane, nice(2).
        case nice = 5
        /// Commands at once.
        case commands = 6
        /// Each /tmp and /var/tmp, in bytes.
        case temporaryBytes = 7
        /// The home directory, in bytes.
        case homeBytes = 8
        /// /dev/shm, in bytes.
        case sharedMemoryBytes = 9
        /// Files in each private file system.
        case files = 10
        /// Terminals of a namespace or a cell.
        case terminals = 11

        /// The name used in `/health`.
        public var name: String { "\(self)" }
    }

    /// What enforces it.
    public enum Source: UInt8, Sendable, CaseIterable {
        /// Nothing of the pair's: the container around it, or the machine.
        case container = 0
        /// A cgroup of the pair's own.
        case controlGroup = 1
        /// setrlimit(2).
        case resourceLimit = 2
        /// An option of the namespace's own mount.
        case mount = 3
        /// The scheduler's priority.
        case priority = 4
        /// The helper's table.
        case helper = 5

        /// The name used in `/health`.
        public var name: String { "\(self)" }
    }

    /// What is limited.
    public var resource: Resource
    /// `user` or `secure`.
    public var namespace: SandboxNamespace
    /// What enforces it.
    public var source: Source
    /// How much there may be.
    public var value: UInt64

    /// Makes a row.
    public init(resource: Resource, namespace: SandboxNamespace, source: Source, value: UInt64) {
        self.resource = resource
        self.namespace = namespace
        self.source = source
        self.value = value
    }

    var bytes: [UInt8] {
        var bytes: [UInt8] = [resource.rawValue, namespace.rawValue, source.rawValue]
        bytes.append(littleEndian: value)
        return bytes
    }

    init?(_ bytes: [UInt8]) {
        guard bytes.count == 11, let resource = Resource(rawValue: bytes[0]),
            let namespace = SandboxNamespace(rawValue: bytes[1]), namespace != .control,
            let source = Source(rawValue: bytes[2])
        else { return nil }
        self.init(
            resource: resource,
            namespace: namespace,
            source: source,
            value: bytes.littleEndian(UInt64.self, at: 3)
        )
    }
}
