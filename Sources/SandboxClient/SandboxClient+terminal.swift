import NIOCore
import NIOWebSocket

extension SandboxClient {
    /// Opens the terminal of the client's session, which all who open it share, and closes this view of it when `body` is
    /// over. The shell in it lives on, until it exits or the session is deleted.
    ///
    /// ```swift
    /// try await sandbox.withTerminal { terminal, screen in
    ///     try await terminal.write(Array("exit 3\n".utf8))
    ///     for try await event in screen { print(event) }
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - columns, rows: The size, where this is the first to open it.
    ///   - shell: An absolute path or one of `bash sh zsh fish`, likewise.
    public func withTerminal<Result: Sendable>(
        columns: Int = 80,
        rows: Int = 24,
        shell: String? = nil,
        _ body: @Sendable (_ terminal: Terminal, _ screen: TerminalScreen) async throws -> Result
    ) async throws -> Result {
        var path = "/ws/pty?sessionId=\(PercentEncoding.encode(sessionID ?? "default"))&cols=\(columns)&rows=\(rows)"
        if let shell { path += "&shell=\(PercentEncoding.encode(shell))" }
        let channel = try await WebSocketConnector(transport: transport).connect(path)
        return try await channel.executeThenClose { inbound, outbound in
            let terminal = Terminal(outbound)
            return try await body(terminal, TerminalScreen(inbound, terminal))
        }
    }
}
