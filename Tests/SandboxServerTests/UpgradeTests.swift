import HTTPTypes
import HelperClient
import HelperTransport
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import SandboxAPI
import Synchronization
import Testing

@testable import SandboxServer

@Suite(.serialized, .timeLimit(.minutes(1)))
struct UpgradeTests {
    private static let ping = "GET /api/ping HTTP/1.1\r\nHost: x\r\n\r\n"
    private static let upgrade =
        "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

    @Test func `a connection may be upgraded after other requests, and with frames that come at once`() async throws {
        try await ServerFixture.with { server async throws in
            let raw = try RawConnection(port: server.port)
            raw.write(Self.ping)
            #expect(await raw.readAll(until: "pong").contains("200 OK"))
            // Pipelined: the answers must come in order, and the masked ping (9) is for the new protocol.
            await raw.write(bytes: Array((Self.ping + Self.upgrade).utf8) + [0x89, 0x80, 0, 0, 0, 0])
            let answers = await raw.readAll(until: "\u{FFFD}\0")
            let order = ["pong", "101 Switching Protocols"].compactMap { answers.firstRange(of: $0)?.lowerBound }
            #expect(order.count == 2 && order == order.sorted())
        }
    }

    @Test func `a request for another protocol is answered, and its connection closed`() async throws {
        try await ServerFixture.with { server async throws in
            let raw = try RawConnection(port: server.port)
            raw.write(
                "GET /api/ping HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n"
            )
            let answer = await raw.readAll()
            #expect(answer.contains("pong") && answer.lowercased().contains("\r\nconnection: close\r\n"))
        }
    }

    @Test(arguments: [
        ("Upgrade", "websocket", true), ("keep-alive, upgrade", "x", true), ("keep-alive", "websocket", false),
        ("close", nil, false),
    ])
    func `only what the decoder stops at counts as a wish to upgrade`(
        _ connection: String,
        _ upgrade: String?,
        _ asks: Bool
    ) {
        var request = HTTPRequest(method: .get, scheme: "http", authority: "x", path: "/")
        request.headerFields[.connection] = connection
        request.headerFields[.upgrade] = upgrade
        #expect(ConnectionSwitch.asksForUpgrade(request) == asks)
    }

    /// A listener whose every request becomes a WebSocket of the given kind.
    private func with(
        _ limits: WebSocketLimits,
        _ endpoint: @escaping WebSocketEndpoint,
        _ body: (UInt16) async throws -> Void
    ) async throws {
        try await ServerFixture.withListener { request, _, offer in
            (try? await offer?.acceptWebSocket(request, limits: limits, endpoint)) ?? Response(status: .badRequest)
        } _: { port async throws in
            try await body(port)
        }
    }

    @Test func `a caller that does not answer pings is dropped, one that does is kept`() async throws {
        let over = OneShot<Void>()
        try await with(WebSocketLimits(ping: .milliseconds(400), closing: .milliseconds(400))) { messages, _ in
            for try await _ in messages {}
            over.set(())
        } _: { port async throws in
            let socket = try await WebSocketClient.open(port: port, path: "/")
            for _ in 0..<5 {
                #expect(await socket.receive()?.opcode == WebSocketClient.ping)
                socket.send(WebSocketClient.pong, [])
            }
            #expect(over.value == nil)
            while let frame = await socket.receive() { #expect(frame.opcode == WebSocketClient.ping) }
            try await over.wait()
        }
    }

    @Test func `an endpoint's end closes the socket, with the code it asks for`() async throws {
        let limits = WebSocketLimits(closing: .milliseconds(50))
        try await with(limits) { _, _ in
        } _: { port async throws in
            let frame = try await WebSocketClient.open(port: port, path: "/").receive()
            #expect(frame?.code == 1000)
        }
        try await with(limits) { _, _ in
            throw WebSocketClosure(4001, "why")
        } _: { port async throws in
            let frame = try await WebSocketClient.open(port: port, path: "/").receive()
            #expect(frame?.code == 4001 && frame?.text.hasSuffix("why") == true)
        }
        try await with(limits) { _, _ in
            throw APIError(.internalError, "x")
        } _: { port async throws in
            let frame = try await WebSocketClient.open(port: port, path: "/").receive()
            #expect(frame?.code == 1011)
        }
    }

    @Test func `a caller that does not read stops the endpoint, and one that is not read is stopped itself`()
        async throws
    {
        let sent = Mutex(0)
        try await with(WebSocketLimits(ping: .milliseconds(300))) { _, socket in
            while true {
                try await socket.send(.binary(ByteBuffer(repeating: 7, count: 1_000_000)))
                sent.withLock { $0 += 1 }
            }
        } _: { port async throws in
            let socket = try await WebSocketClient.open(port: port, path: "/")
            try await Task.sleep(for: .seconds(1))
            #expect(sent.withLock { $0 } < 50)
            _ = socket.isOpen
        }
        let written = OneShot<Void>()
        try await with(WebSocketLimits()) { _, _ in
            // An endpoint that has ended would be followed by a socket that throws away what comes.
            try await written.wait()
        } _: { port async throws in
            defer { written.set(()) }
            let raw = try RawConnection(port: port)
            raw.write(Self.upgrade)
            _ = await raw.readAll(until: "\r\n\r\n")
            let frame: [UInt8] = [0x82, 0xFE, 0xFF, 0xFF, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 65_535)
            var count = 0
            while count < 1000, await raw.tryWrite(bytes: frame, within: 1) { count += 1 }
            #expect(count < 500)
        }
    }
}
