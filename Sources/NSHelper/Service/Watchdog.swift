/// Whether the server still answers. It says `hello` again and again; one that stops saying so hangs, and has to go.
/// Pure: time comes in, decisions come out.
struct Watchdog {
    /// What to do when the deadline has come.
    enum Decision: Hashable {
        /// There is no deadline yet, or a new one.
        case wait
        case kill
    }

    /// Later than this after its own deadline, and it was the helper that stood still: the container was frozen, or
    /// the machine was. Then the server did too, and is owed the whole time again.
    private static let lateMicroseconds: UInt64 = 1_000_000
    private let limitMicroseconds: UInt64
    /// On the monotonic clock; nil if nobody is watched.
    private(set) var deadlineMicroseconds: UInt64?

    /// Begins to watch a server that starts `now`; with a limit of 0 it never ends for being silent.
    init(limitMilliseconds: UInt32, now: UInt64) {
        limitMicroseconds = UInt64(limitMilliseconds) * 1000
        heard(now)
    }

    /// The server has said that it lives.
    mutating func heard(_ now: UInt64) {
        deadlineMicroseconds = limitMicroseconds == 0 ? nil : now + limitMicroseconds
    }

    /// Asked whenever the loop turns.
    mutating func decide(_ now: UInt64) -> Decision {
        guard let deadline = deadlineMicroseconds, deadline <= now else { return .wait }
        guard now - deadline <= Self.lateMicroseconds else {
            heard(now)
            return .wait
        }
        // Once: its end comes as a signal.
        deadlineMicroseconds = nil
        return .kill
    }
}
