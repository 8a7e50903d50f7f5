import Glibc
import NIOHTTP1
import SandboxAPI
import Testing

@testable import SandboxServer

@Suite(.serialized, .timeLimit(.minutes(1)))
struct MultiplexTests {
    @Test(arguments: ["/ws", "/api/ws"])
    func `requests over one socket are answered by their ids`(_ path: String) async throws {
        try await ServerFixture.with { server async throws in
            let socket = try await WebSocketClient.open(port: server.port, path: path)
            #expect(socket.isOpen && socket.head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
            socket.send(#"{"type":"request","id":"a","method":"GET","path":"/api/ping"}"#)
            socket.send(
                #"{"type":"request","id":"b","method":"POST","path":"/api/execute","body":{"command":"echo 1"}}"#
            )
            socket.send(#"{"type":"request","id":"c","method":"GET","path":"/nothing","body":1}"#)
            let texts = await socket.texts(3)
            let ping = try #require(texts.first { $0.contains(#""id":"a""#) })
            #expect(
                ping.contains(#""status":200"#) && ping.contains(#""message":"pong""#) && ping.contains(#""done":true"#)
            )
            let run = try #require(texts.first { $0.contains(#""id":"b""#) })
            #expect(run.contains(#""stdout":"1""#) && run.contains(#""type":"response""#))
            let unknown = try #require(texts.first { $0.contains(#""id":"c""#) })
            #expect(unknown.contains(#""status":404"#) && unknown.contains("UNKNOWN_ERROR"))
        }
    }

    @Test func `what is no request is told so, and the socket lives on`() async throws {
        try await ServerFixture.with { server async throws in
            let socket = try await WebSocketClient.open(port: server.port, path: "/ws")
            let cases = [
                ("{", "PARSE_ERROR"), ("[1]", "INVALID_REQUEST"), (#"{"type":"other"}"#, "INVALID_REQUEST"),
                (#"{"type":"request","id":"x","method":"PATCH","path":"/"}"#, "INVALID_REQUEST"),
                (#"{"type":"request","id":"x","method":"GET","path":"ping"}"#, "INVALID_REQUEST"),
                (#"{"type":"request","id":"x","method":"GET","path":"/ws"}"#, "UNKNOWN_ERROR"),
            ]
            for (text, code) in cases {
                socket.send(text)
                #expect(await socket.receive()?.text.contains(#""code":"\#(code)""#) == true)
            }
            socket.send(#"{"type":"cancel","id":"unknown"}"#)
            // Whoever has the answer may use its id again at once.
            for _ in 0..<200 {
                socket.send(#"{"type":"request","id":"x","method":"GET","path":"/api/ping"}"#)
                let answer = await socket.receive()?.text ?? ""
                #expect(answer.contains("pong"), "\(answer)")
            }
        }
    }

    @Test func `cancelling a request ends what it does, and so does closing the socket`() async throws {
        try await ServerFixture.with { server async throws in
            let request =
                #"{"type":"request","id":"s","method":"POST","path":"/api/execute","body":BODY}"#
                .replacing("BODY", with: #"{"command":"sleep 60","sessionId":"__DISABLE_SESSION__"}"#)
            do {
                let socket = try await WebSocketClient.open(port: server.port, path: "/ws")
                socket.send(request)
                try await server.until { server.helper.runningCount > 0 }
                socket.send(request)
                #expect(await socket.receive()?.text.contains("in use") == true)
                socket.send(#"{"type":"cancel","id":"s"}"#)
                try await server.until { server.helper.runningCount == 0 }
                // Another id: the first is free only when the server has forgotten it.
                socket.send(request.replacing(#""id":"s""#, with: #""id":"t""#))
                try await server.until { server.helper.runningCount > 0 }
            }
            try await server.until { server.helper.runningCount == 0 }
            #expect(server.helper.terminations == 2)
        }
    }

    @Test func `more requests at once than the limit are refused`() async throws {
        try await ServerFixture.with { server async throws in
            let socket = try await WebSocketClient.open(port: server.port, path: "/ws")
            for number in 0...MultiplexedRequests.limit {
                let body = #"{"command":"sleep 60","sessionId":"__DISABLE_SESSION__"}"#
                socket.send(
                    #"{"type":"request","id":"\#(number)","method":"POST","path":"/api/execute","body":\#(body)}"#
                )
            }
            let refusal = await socket.texts(1).joined()
            #expect(refusal.contains(#""id":"\#(MultiplexedRequests.limit)""#) && refusal.contains(#""status":429"#))
        }
    }

    @Test func `without an upgrade it is not there, and a bad one is told so`() async throws {
        try await ServerFixture.with { server async throws in
            #expect(try await server.send(.GET, "/ws").status == 404)
            let raw = try RawConnection(port: server.port)
            raw.write("GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
            let answer = await raw.readAll()
            #expect(answer.hasPrefix("HTTP/1.1 400 ") && answer.lowercased().contains("connection: close"))
        }
    }

    @Test func `the rules of access hold for sockets too`() async throws {
        let token = try AccessToken(file: "/token") { _ in Array("0123456789abcdef\n".utf8) }
        try await ServerFixture.with(token: token) { server async throws in
            #expect(try await WebSocketClient.open(port: server.port, path: "/ws").head.hasPrefix("HTTP/1.1 401 "))
            let header = "X-Sandbox-Token: 0123456789abcdef"
            let page = try await WebSocketClient.open(
                port: server.port,
                path: "/ws",
                headers: [header, "Origin: http://page.example"]
            )
            #expect(page.head.hasPrefix("HTTP/1.1 403 "))
            let socket = try await WebSocketClient.open(port: server.port, path: "/ws", headers: [header])
            #expect(socket.isOpen)
            socket.send(#"{"type":"request","id":"a","method":"GET","path":"/api/ping"}"#)
            #expect(await socket.receive()?.text.contains("pong") == true)
        }
        try await ServerFixture.with(peers: PeerPolicy(sandboxUIDs: [getuid()])) { server async throws in
            #expect(try await WebSocketClient.open(port: server.port, path: "/ws").head.hasPrefix("HTTP/1.1 403 "))
        }
    }

    @Test func `pings, closes and broken frames are answered as RFC 6455 says`() async throws {
        try await ServerFixture.with { server async throws in
            let socket = try await WebSocketClient.open(port: server.port, path: "/ws")
            socket.send(WebSocketClient.ping, [1, 2])
            #expect(await socket.receive() == .init(opcode: WebSocketClient.pong, bytes: [1, 2]))
            socket.send(WebSocketClient.close, [0x0F, 0xA0])
            #expect(await socket.receive()?.code == 4000)
            #expect(await socket.receive() == nil)
            let unmasked = try await WebSocketClient.open(port: server.port, path: "/ws")
            unmasked.send(WebSocketClient.text, Array("{}".utf8), isMasked: false)
            #expect(await unmasked.receive()?.code == 1002)
            let broken = try await WebSocketClient.open(port: server.port, path: "/ws")
            broken.send(WebSocketClient.text, [0xFF])
            #expect(await broken.receive()?.code == 1007)
            let large = try await WebSocketClient.open(port: server.port, path: "/ws")
            large.sendHead(WebSocketClient.binary, count: 16 * 1024 * 1024 + 1)
            #expect(await large.receive()?.code == 1009)
        }
    }

    @Test func `a large message is taken in pieces`() async throws {
        try await ServerFixture.with { server async throws in
            let socket = try await WebSocketClient.open(port: server.port, path: "/ws")
            let start = Array(
                #"{"type":"request","id":"a","method":"POST","path":"/api/execute","body":{"command":"true"}"#.utf8
            )
            let blanks = [UInt8](repeating: 0x20, count: 500_000)
            socket.send(WebSocketClient.text, start, isLast: false)
            socket.send(0, blanks, isLast: false)
            socket.send(0, blanks + Array("}".utf8))
            #expect(await socket.receive()?.text.contains(#""exitCode":0"#) == true)
        }
    }
}
