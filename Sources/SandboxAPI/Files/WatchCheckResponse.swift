/// Answer of `POST /api/watch/check`.
public struct WatchCheckResponse: Codable, Sendable, Hashable {
    /// What happened since the version that was sent.
    public enum Status: String, Codable, Sendable {
        case unchanged, changed
        /// Nobody knows: everything must be looked at anew.
        case resync
    }

    /// Why nobody knows.
    public enum Reason: String, Codable, Sendable {
        case expired, restarted
    }

    /// Always true.
    public var success = true
    /// What happened.
    public var status: Status
    /// Why, where the status is `resync`.
    public var reason: Reason?
    /// What to send as `since` with the next check.
    public var version: String
    /// When the answer was made.
    public var timestamp = Timestamp.now()

    /// Makes an answer.
    public init(status: Status, reason: Reason? = nil, version: String) {
        self.status = status
        self.reason = reason
        self.version = version
    }
}
