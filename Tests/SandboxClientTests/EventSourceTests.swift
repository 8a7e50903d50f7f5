import AsyncHTTPClient
import NIOCore
import Testing

@testable import SandboxClient

@Suite struct EventSourceTests {
    private func events(_ pieces: [ByteBuffer]) async throws -> [String] {
        let stream = AsyncStream<ByteBuffer> { continuation in
            for piece in pieces { continuation.yield(piece) }
            continuation.finish()
        }
        var reader = EventSource(.stream(stream)).makeReader()
        var events: [String] = []
        while let data = try await reader.next() { events.append(String(decoding: data, as: UTF8.self)) }
        return events
    }

    @Test(arguments: [1, 2, 3, 7, 1000])
    func `events are found whatever pieces they come in`(_ size: Int) async throws {
        let text = ": ping\n\ndata: {\"a\":\"ü\"}\n\nevent: x\r\ndata:two\r\ndata: lines\r\n\r\nid: 7\n\ndata: cut off"
        let bytes = Array(text.utf8)
        let pieces = stride(from: 0, to: bytes.count, by: size).map {
            ByteBuffer(bytes: bytes[$0..<min($0 + size, bytes.count)])
        }
        #expect(try await events(pieces) == ["{\"a\":\"ü\"}", "two\nlines"])
    }
}
