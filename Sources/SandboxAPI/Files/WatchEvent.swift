/// One event of `POST /api/watch`.
public struct WatchEvent: Codable, Sendable, Hashable {
    /// What an event says.
    public enum Kind: String, Codable, Sendable {
        case watching, event, error, stopped
    }

    /// What it says; which of the other fields are there depends on it.
    public var type: Kind
    /// `watching`: the watched path. `event`: the absolute path of what changed.
    public var path: String?
    /// `watching`: names the watch.
    public var watchId: String?
    /// `event`: what happened.
    public var eventType: WatchEventKind?
    /// `event`: whether it happened to a directory.
    public var isDirectory: Bool?
    /// `event`: when it was reported.
    public var timestamp: String?
    /// `error`: one sentence.
    public var error: String?
    /// `stopped`: one sentence.
    public var reason: String?

    private init(_ type: Kind) {
        self.type = type
    }

    /// The first event: from now on nothing is missed.
    public static func watching(path: String, watchId: String) -> WatchEvent {
        var event = WatchEvent(.watching)
        event.path = path
        event.watchId = watchId
        return event
    }

    /// Something happened.
    public static func event(_ kind: WatchEventKind, path: String, isDirectory: Bool) -> WatchEvent {
        var event = WatchEvent(.event)
        event.eventType = kind
        event.path = path
        event.isDirectory = isDirectory
        event.timestamp = Timestamp.now()
        return event
    }

    /// Something was missed; the watch goes on.
    public static func error(_ message: String) -> WatchEvent {
        var event = WatchEvent(.error)
        event.error = message
        return event
    }

    /// The last event of a watch that cannot go on.
    public static func stopped(_ reason: String) -> WatchEvent {
        var event = WatchEvent(.stopped)
        event.reason = reason
        return event
    }
}
