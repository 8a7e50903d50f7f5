import FoundationEssentials
import NIOCore
import NIOWebSocket
import SandboxAPI

/// What a terminal shows, as it comes. It can be gone through once, and must be: while nobody reads, the program waits.
public struct TerminalScreen: AsyncSequence, Sendable {
    /// One event.
    public typealias Element = TerminalOutput
    /// What reading throws.
    public typealias Failure = SandboxClientError

    private let frames: NIOAsyncChannelInboundStream<WebSocketFrame>
    private let terminal: Terminal

    init(_ frames: NIOAsyncChannelInboundStream<WebSocketFrame>, _ terminal: Terminal) {
        self.frames = frames
        self.terminal = terminal
    }

    /// Begins to read.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(frames: frames.makeAsyncIterator(), terminal: terminal)
    }

    /// Reads one event after the other.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private var frames: NIOAsyncChannelInboundStream<WebSocketFrame>.AsyncIterator
        private let terminal: Terminal
        private var isOver = false

        fileprivate init(
            frames: NIOAsyncChannelInboundStream<WebSocketFrame>.AsyncIterator,
            terminal: Terminal
        ) {
            self.frames = frames
            self.terminal = terminal
        }

        /// The next event; nil after the shell's end.
        public mutating func next() async throws(SandboxClientError) -> TerminalOutput? {
            guard !isOver else { return nil }
            while let frame = try await frame() {
                switch frame.opcode {
                case .binary: return .bytes(Array(frame.unmaskedData.readableBytesView))
                case .text:
                    let data = Data(frame.unmaskedData.readableBytesView)
                    guard let event = try? JSONDecoder().decode(TerminalEvent.self, from: data) else { continue }
                    switch event.type {
                    case "ready": return .ready
                    case "exit":
                        isOver = true
                        return .exited(code: event.code ?? -1)
                    case "error": throw .streamBroken(event.message ?? "")
                    default: continue
                    }
                case .ping: try await terminal.send(.pong, frame.unmaskedData)
                case .connectionClose:
                    var data = frame.unmaskedData
                    let code = data.readInteger(as: UInt16.self) ?? 1005
                    throw .streamBroken("The server closed the terminal (\(code)): \(String(buffer: data))")
                default: continue
                }
            }
            throw Task.isCancelled ? .cancelled : .streamBroken("It ended without its last event.")
        }

        private mutating func frame() async throws(SandboxClientError) -> WebSocketFrame? {
            do { return try await frames.next() } catch {
                throw Task.isCancelled ? .cancelled : .unreachable("\(type(of: error))")
            }
        }
    }
}
