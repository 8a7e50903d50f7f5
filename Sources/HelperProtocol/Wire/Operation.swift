/// The number in a record's header that says what the record is.
///
/// Requests are below 0x4000, events have bit 14 set, replies have bit 15 set and otherwise repeat the
/// request's number; one reply, `failed`, answers any request.
public enum Operation: UInt16, Sendable, CaseIterable {
    case hello = 0x0001
    case spawn = 0x0002
    case signal = 0x0003
    case terminate = 0x0004
    case resize = 0x0005
    case status = 0x0006
    case reset = 0x0007
    case shutdown = 0x0008
    case processExited = 0x4001
    case namespaceReset = 0x4002
    case helloReply = 0x8001
    case spawnReply = 0x8002
    case signalReply = 0x8003
    case terminateReply = 0x8004
    case resizeReply = 0x8005
    case statusReply = 0x8006
    case resetReply = 0x8007
    case shutdownReply = 0x8008
    case failed = 0xFFFF

    /// Whether the helper says this without being asked.
    public var isEvent: Bool { rawValue & 0xC000 == 0x4000 }
}
