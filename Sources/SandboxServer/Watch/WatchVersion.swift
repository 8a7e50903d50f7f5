import SandboxAPI

/// How much of a watch somebody knows: `watch-<n>-<ms>:<cursor>`.
struct WatchVersion: Hashable, Sendable {
    var number: UInt64
    /// When the watch was made.
    var milliseconds: UInt64
    /// How many changes were reported.
    var cursor: UInt64

    init(number: UInt64, milliseconds: UInt64, cursor: UInt64) {
        self.number = number
        self.milliseconds = milliseconds
        self.cursor = cursor
    }

    /// nil if the text has another form.
    init?(_ text: String) {
        let halves = text.split(separator: ":", omittingEmptySubsequences: false)
        guard halves.count == 2 else { return nil }
        let parts = halves[0].split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "watch", let number = Self.number(parts[1]),
            let milliseconds = Self.number(parts[2]), let cursor = Self.number(halves[1])
        else { return nil }
        self.init(number: number, milliseconds: milliseconds, cursor: cursor)
    }

    private static func number(_ text: Substring) -> UInt64? {
        text.allSatisfy { ("0"..."9").contains($0) } ? UInt64(text) : nil
    }

    /// The watch's name.
    var watchID: String { "watch-\(number)-\(milliseconds)" }
    var text: String { "\(watchID):\(cursor)" }

    /// What happened since another version.
    ///
    /// - Parameters:
    ///   - since: What the caller knows.
    ///   - started: When this server was started, in milliseconds.
    ///   - last: The newest watch's number.
    /// - Returns: nil if no server can have given that version.
    func changes(
        since: WatchVersion,
        started: UInt64,
        last: UInt64
    ) -> (WatchCheckResponse.Status, WatchCheckResponse.Reason?)? {
        if since.watchID == watchID {
            guard since.cursor <= cursor else { return nil }
            return (since.cursor == cursor ? .unchanged : .changed, nil)
        }
        if since.milliseconds < started { return (.resync, .restarted) }
        return (1...last).contains(since.number) ? (.resync, .expired) : nil
    }
}
