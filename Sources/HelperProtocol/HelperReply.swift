/// The helper's answer to one request; carries the request's id.
public enum HelperReply: Sendable, Hashable {
    case hello(HelloReply)
    case spawned(SpawnReply)
    case signalled
    case terminating
    case resized
    case status(StatusReply)
    case reset(generation: UInt32)
    case shuttingDown
    case failed(HelperFailure)

    /// The number that stands in the record's header.
    public var operation: Operation {
        switch self {
        case .hello: .helloReply
        case .spawned: .spawnReply
        case .signalled: .signalReply
        case .terminating: .terminateReply
        case .resized: .resizeReply
        case .status: .statusReply
        case .reset: .resetReply
        case .shuttingDown: .shutdownReply
        case .failed: .failed
        }
    }

    /// The whole record; `descriptorCount` is 1 for the reply to a terminal spawn, else 0.
    public func encoded(id: UInt64, descriptorCount: Int = 0) -> [UInt8] {
        var fields = FieldWriter()
        switch self {
        case .signalled, .terminating, .resized, .shuttingDown: break
        case .hello(let reply): reply.put(into: &fields)
        case .spawned(let reply): reply.put(into: &fields)
        case .status(let reply): reply.put(into: &fields)
        case .reset(let generation): fields.put(1, generation)
        case .failed(let failure): failure.put(into: &fields)
        }
        return fields.record(operation, id: id, descriptorCount: descriptorCount)
    }
}
