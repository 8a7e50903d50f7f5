import HTTPTypes

/// What a connection becomes after the answer 101.
struct Upgrade: Sendable {
    /// Sends the answer with these headers, puts the new protocol's handlers in place, and speaks it until the
    /// connection is over. Runs in the connection's own task.
    let run: @Sendable (ConnectionTakeover, HTTPFields) async throws -> Void
}
