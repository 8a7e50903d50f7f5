import FoundationEssentials
import HelperClient
import HelperProtocol
import NIOCore
import SandboxAPI

/// One socket's view of a terminal.
struct TerminalSocket: Sendable {
    let terminal: Terminal
    let socket: WebSocketWriter

    /// Shows what there was, then what comes, and passes on what is typed, until one of the two ends.
    func serve(_ messages: InboundQueue<WebSocketMessage>) async throws {
        let (reader, replayEnd) = terminal.output.attach()
        defer { terminal.output.detach(reader) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for try await message in messages { try await received(message) } }
            group.addTask {
                let replay = terminal.output.replay(reader, until: replayEnd)
                if replay.readableBytes > 0 { try await socket.send(.binary(replay)) }
                try await socket.send(json: TerminalEvent.ready)
                try await show(reader)
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func show(_ reader: Int) async throws {
        while true {
            switch try await terminal.output.next(reader) {
            case .bytes(let bytes): try await socket.send(.binary(bytes))
            case .lost: throw WebSocketClosure(1013, "The socket is too slow for the terminal.")
            case .ended(let status):
                guard let status else { throw WebSocketClosure.serverError }
                let signal: Int? = if case .signaled(let number) = status.cause { Int(number) } else { nil }
                return try await socket.send(json: TerminalEvent.exit(code: status.shellCode, signal: signal))
            }
        }
    }

    private func received(_ message: WebSocketMessage) async throws {
        switch message {
        case .binary(let bytes): try await terminal.write(bytes)
        case .text(let text):
            guard let control = try? JSONDecoder().decode(TerminalControl.self, from: Data(text.utf8)) else {
                return try await socket.send(json: TerminalEvent.error("Invalid control message"))
            }
            guard control.type == "resize" else { return }
            try await resize(control)
        }
    }

    private func resize(_ control: TerminalControl) async throws {
        guard let columns = control.cols, let rows = control.rows else {
            return try await socket.send(json: TerminalEvent.error("Invalid control message"))
        }
        guard columns > 0, rows > 0 else {
            let message = "Invalid dimensions: cols and rows must be positive"
            return try await socket.send(json: TerminalEvent.error(message))
        }
        let limits = ProtocolLimits.terminalCells
        guard columns <= limits.upperBound, rows <= limits.upperBound else {
            let message = "Invalid dimensions: cols and rows must be at most \(limits.upperBound)"
            return try await socket.send(json: TerminalEvent.error(message))
        }
        do {
            try await terminal.resize(TerminalSize(rows: UInt16(rows), columns: UInt16(columns)))
        } catch {
            // The shell may have ended meanwhile, which its exit event says.
            return
        }
    }
}
