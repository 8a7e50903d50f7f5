/// What a client can receive: a reply to one of its requests, or an event.
public enum HelperMessage: Sendable, Hashable {
    /// The answer to the request of this id.
    case reply(id: UInt64, HelperReply)
    /// Something that happened.
    case event(HelperEvent)

    /// Reads one record from the helper that arrived with `descriptorCount` descriptors.
    public static func decode(_ record: [UInt8], descriptorCount: Int) throws(DecodingError) -> HelperMessage {
        let header = try RecordHeader(record: record)
        guard Int(header.descriptorCount) == descriptorCount,
            descriptorCount == 0 || (descriptorCount == 1 && header.operation == .spawnReply)
        else { throw .wrongDescriptorCount }
        // An event answers nothing: its id is reserved.
        if header.operation.isEvent, header.id != 0 { throw .reservedBitsSet }
        switch header.operation {
        case .processExited:
            let fields = try FieldReader(record: record, known: [1, 2, 3, 4, 5, 6])
            let handle = ProcessHandle(rawValue: try fields.integer(1))
            return .event(.processExited(handle, try ExitStatus(fields: fields)))
        case .namespaceReset:
            let fields = try FieldReader(record: record, known: [1, 2])
            return .event(.namespaceReset(try fields.choice(1), generation: try fields.integer(2)))
        default: return .reply(id: header.id, try reply(header.operation, record))
        }
    }

    private static func reply(_ operation: Operation, _ record: [UInt8]) throws(DecodingError) -> HelperReply {
        switch operation {
        case .helloReply: return .hello(try HelloReply(record: record))
        case .spawnReply: return .spawned(try SpawnReply(record: record))
        case .statusReply: return .status(try StatusReply(record: record))
        case .failed: return .failed(try HelperFailure(record: record))
        case .resetReply:
            return .reset(generation: try FieldReader(record: record, known: [1]).integer(1))
        case .signalReply, .terminateReply, .resizeReply, .shutdownReply:
            _ = try FieldReader(record: record, known: [])
            switch operation {
            case .signalReply: return .signalled
            case .terminateReply: return .terminating
            case .resizeReply: return .resized
            default: return .shuttingDown
            }
        default: throw .unknownOperation(operation.rawValue)
        }
    }
}
