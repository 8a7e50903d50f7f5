/// How many refusals of callers on this host are noted: code in the sandbox can cause thousands a second, and must fill
/// no disk with them. Pure.
struct RefusalBudget {
    /// Noted at once.
    static let burst = 100
    /// Noted per second from then on.
    static let perSecond = 10

    private var tokens = Double(Self.burst)
    private var last: ContinuousClock.Instant?
    private var skipped = 0

    /// How many have been skipped before this one; nil if this one is to be skipped too.
    mutating func take(_ now: ContinuousClock.Instant) -> Int? {
        if let last { tokens = min(tokens + (now - last) / .seconds(1) * Double(Self.perSecond), Double(Self.burst)) }
        last = now
        guard tokens >= 1 else {
            skipped += 1
            return nil
        }
        tokens -= 1
        defer { skipped = 0 }
        return skipped
    }
}
