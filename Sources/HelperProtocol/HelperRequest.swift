/// Everything a client can ask the helper. The policy on who may ask what, and when, is the helper's
/// request table; this type is only the wire form.
public enum HelperRequest: Sendable, Hashable {
    /// Must come first on every connection; answered with ``HelloReply``.
    case hello
    /// Starts a process; answered with ``SpawnReply``.
    case spawn(SpawnRequest)
    /// Sends a signal of ``ProtocolLimits/signals`` to the process itself.
    case signal(ProcessHandle, UInt8)
    /// Ends the process and everything descended from it: SIGTERM, a grace period in milliseconds,
    /// SIGKILL. The exit event is sent when the last of them is gone.
    case terminate(ProcessHandle, graceMilliseconds: UInt32)
    /// Changes the size of the process's terminal.
    case resize(ProcessHandle, TerminalSize)
    /// Answered with ``StatusReply``.
    case status
    /// Kills everything in `user` or `secure` and makes the namespace anew.
    case reset(SandboxNamespace)
    /// Takes the whole pair down in order, as SIGTERM to the helper does.
    case shutdown

    /// The number that stands in the record's header.
    public var operation: Operation {
        switch self {
        case .hello: .hello
        case .spawn: .spawn
        case .signal: .signal
        case .terminate: .terminate
        case .resize: .resize
        case .status: .status
        case .reset: .reset
        case .shutdown: .shutdown
        }
    }

    /// How many descriptors must come with the record.
    public var descriptorCount: Int {
        if case .spawn(let request) = self { request.descriptorCount } else { 0 }
    }

    /// The whole record, ready for one packet.
    public func encoded(id: UInt64) -> [UInt8] {
        var fields = FieldWriter()
        switch self {
        case .hello, .status, .shutdown: break
        case .spawn(let request): request.put(into: &fields)
        case .signal(let handle, let signal):
            fields.put(1, handle.rawValue)
            fields.put(2, signal)
        case .terminate(let handle, let grace):
            fields.put(1, handle.rawValue)
            fields.put(2, grace)
        case .resize(let handle, let size):
            fields.put(1, handle.rawValue)
            fields.put(2, size.rows)
            fields.put(3, size.columns)
        case .reset(let namespace): fields.put(1, namespace.rawValue)
        }
        return fields.record(operation, id: id, descriptorCount: descriptorCount)
    }

    /// Reads one request record that arrived with `descriptorCount` descriptors.
    public static func decode(
        _ record: [UInt8],
        descriptorCount: Int
    ) throws(DecodingError)
        -> (id: UInt64, request: HelperRequest)
    {
        let header = try RecordHeader(record: record)
        let request = try decode(header.operation, record)
        guard Int(header.descriptorCount) == descriptorCount, request.descriptorCount == descriptorCount else {
            throw .wrongDescriptorCount
        }
        return (header.id, request)
    }

    private static func decode(_ operation: Operation, _ record: [UInt8]) throws(DecodingError) -> HelperRequest {
        switch operation {
        case .hello, .status, .shutdown:
            _ = try FieldReader(record: record, known: [])
            return operation == .hello ? .hello : operation == .status ? .status : .shutdown
        case .spawn: return .spawn(try SpawnRequest(record: record))
        case .signal:
            let fields = try FieldReader(record: record, known: [1, 2])
            let signal: UInt8 = try fields.integer(2)
            guard ProtocolLimits.signals.contains(signal) else { throw .invalidField(2) }
            return .signal(ProcessHandle(rawValue: try fields.integer(1)), signal)
        case .terminate:
            let fields = try FieldReader(record: record, known: [1, 2])
            let grace: UInt32 = try fields.integer(2)
            guard ProtocolLimits.graceMilliseconds.contains(grace) else { throw .invalidField(2) }
            return .terminate(ProcessHandle(rawValue: try fields.integer(1)), graceMilliseconds: grace)
        case .resize:
            let fields = try FieldReader(record: record, known: [1, 2, 3])
            let size = TerminalSize(rows: try fields.integer(2), columns: try fields.integer(3))
            guard size.isAcceptable else { throw .invalidField(2) }
            return .resize(ProcessHandle(rawValue: try fields.integer(1)), size)
        case .reset:
            let fields = try FieldReader(record: record, known: [1])
            let namespace: SandboxNamespace = try fields.choice(1)
            guard namespace != .control else { throw .invalidField(1) }
            return .reset(namespace)
        default: throw .unknownOperation(operation.rawValue)
        }
    }
}
