/// When a server that has ended is started again. Pure: time comes in, decisions come out.
struct RestartPolicy {
    /// What to do about an end.
    enum Decision: Hashable {
        case restart(afterMicroseconds: UInt64)
        /// The server says that its configuration cannot work (EX_CONFIG, sysexits.h): so does the pair.
        case giveUp
    }

    static let configurationError: UInt8 = 78
    private static let first: UInt64 = 100_000
    private static let longest: UInt64 = 5_000_000
    /// A server that lived this long has not failed at starting.
    private static let stable: UInt64 = 10_000_000
    private var next = first
    private(set) var restarts: UInt32 = 0

    mutating func ended(exitCode: UInt8?, livedMicroseconds: UInt64) -> Decision {
        if exitCode == Self.configurationError { return .giveUp }
        if livedMicroseconds >= Self.stable { next = Self.first }
        defer { next = min(next * 2, Self.longest) }
        restarts += 1
        return .restart(afterMicroseconds: next)
    }
}
