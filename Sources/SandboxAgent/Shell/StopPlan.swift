import Glibc

/// When a command that is being stopped is looked at again, and what happens then.
struct StopPlan {
    /// After the grace time: how long a kill may take before the next one.
    private static let againMilliseconds: UInt64 = 200
    /// How often a shell that does not come back is interrupted before it is killed itself.
    private static let patience = 5

    /// In milliseconds of the monotonic clock.
    private(set) var deadline: UInt64
    private var rounds = 0

    init(now: UInt64, graceMilliseconds: UInt32) {
        deadline = now + UInt64(graceMilliseconds)
    }

    /// Whether SIGKILL has been reached.
    var isKilling: Bool { rounds > 0 }

    /// Whether the shell itself has had all the patience there is.
    var hasLostPatience: Bool { rounds > Self.patience }

    /// Goes on to the next round.
    mutating func advance(now: UInt64) {
        rounds += 1
        deadline = now + Self.againMilliseconds
    }
}
