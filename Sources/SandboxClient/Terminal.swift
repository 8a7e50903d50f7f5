import FoundationEssentials
import NIOCore
import NIOWebSocket
import SandboxAPI

/// The way to a terminal of the sandbox, inside ``SandboxClient/withTerminal(columns:rows:shell:_:)``.
public struct Terminal: Sendable {
    private let outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>

    init(_ outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>) {
        self.outbound = outbound
    }

    /// Types: waits while the program does not read.
    public func write(_ bytes: [UInt8]) async throws(SandboxClientError) {
        try await send(.binary, ByteBuffer(bytes: bytes))
    }

    /// Tells the program how large the terminal is now; 1 to 1000 each.
    public func resize(columns: Int, rows: Int) async throws(SandboxClientError) {
        let control = TerminalControl(type: "resize", cols: columns, rows: rows)
        guard let data = try? JSONEncoder().encode(control) else { return }
        try await send(.text, ByteBuffer(bytes: data))
    }

    func send(_ opcode: WebSocketOpcode, _ data: ByteBuffer) async throws(SandboxClientError) {
        do {
            try await outbound.write(WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: data))
        } catch {
            throw Task.isCancelled ? .cancelled : .unreachable("the terminal's connection is closed")
        }
    }
}
