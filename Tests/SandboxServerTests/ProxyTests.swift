import AsyncHTTPClient
import Glibc
import HelperClient
import NIOCore
import NIOHTTP1
import SandboxAPI
import Synchronization
import Testing

@testable import SandboxServer

@Suite(.serialized, .timeLimit(.minutes(1)))
struct ProxyTests {
    /// Runs a program and a server that leads to it.
    private func with(
        token: AccessToken? = nil,
        _ script: @escaping @Sendable (RawConnection) -> Void,
        _ body: (ServerFixture, TestUpstream) async throws -> Void
    ) async throws {
        let upstream = try TestUpstream(script)
        defer { upstream.stop() }
        try await ServerFixture.with(token: token) { server async throws in
            let headers: HTTPHeaders = token == nil ? [:] : ["X-Sandbox-Token": "0123456789abcdef"]
            let exposed = try await server.send(
                .POST,
                "/api/expose-port",
                #"{"port":\#(upstream.port)}"#,
                headers: headers
            )
            #expect(exposed.status == 200)
            try await body(server, upstream)
        }
    }

    @Test func `a request arrives as if it had been sent to localhost, without what is ours`() async throws {
        let token = try AccessToken(file: "/token") { _ in Array("0123456789abcdef\n".utf8) }
        try await with(token: token) { program in
            let request = program.readAll(until: "\r\n\r\n")
            program.write(
                "HTTP/1.1 203 Fine\r\nContent-Length: \(request.utf8.count)\r\nX-Own: 1\r\nKeep-Alive: 5\r\n\r\n"
            )
            program.write(request)
        } _: { server, upstream in
            let answer = try await server.send(
                .GET,
                "/proxy/\(upstream.port)/a%2Fb/?q=1&r=%20",
                headers: [
                    "X-Sandbox-Token": "0123456789abcdef", "X-Other": "kept", "X-Forwarded-For": "192.0.2.1",
                    "Authorization": "Bearer app", "TE": "trailers", "Proxy-Authorization": "secret",
                ]
            )
            #expect(
                answer.status == 203 && answer.headers["x-own"] == ["1"] && !answer.headers.contains(name: "keep-alive")
            )
            let request = answer.text.lowercased()
            #expect(request.hasPrefix("get /a%2fb/?q=1&r=%20 http/1.1\r\n"))
            #expect(request.contains("\r\nhost: localhost:\(upstream.port)\r\n"))
            #expect(request.contains("\r\nx-forwarded-for: 192.0.2.1, ") && request.contains("127.0.0.1\r\n"))
            #expect(request.contains("\r\nx-forwarded-host: 127.0.0.1:\(server.port)\r\n"))
            #expect(request.contains("\r\nx-forwarded-proto: http\r\n"))
            #expect(request.contains("\r\nx-forwarded-prefix: /proxy/\(upstream.port)\r\n"))
            #expect(request.contains("\r\nx-other: kept\r\n") && request.contains("\r\nauthorization: bearer app\r\n"))
            #expect(
                !request.contains("sandbox-token") && !request.contains("te: trailers") && !request.contains("secret")
            )
        }
    }

    @Test(arguments: [HTTPMethod.GET, .HEAD, .POST, .PUT, .PATCH, .DELETE, .OPTIONS])
    func `every method is passed on`(_ method: HTTPMethod) async throws {
        try await with { program in
            let request = program.readAll(until: "\r\n\r\n")
            let method = request.prefix { $0 != " " }
            program.write("HTTP/1.1 200 OK\r\nX-Method: \(method)\r\nContent-Length: 2\r\n\r\n")
            if method != "HEAD" { program.write("ok") }
        } _: { server, upstream in
            let answer = try await server.send(method, "/proxy/\(upstream.port)")
            #expect(answer.status == 200 && answer.headers["x-method"] == ["\(method)"])
            #expect(answer.text == (method == .HEAD ? "" : "ok"))
        }
    }

    @Test func `the answer goes on while the request does, piece by piece`() async throws {
        try await with { program in
            var count = program.readAll(until: "\r\n\r\n").count { $0 == "~" }
            program.write("HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "y", count: count))
            while count < 2_000_000, let bytes = program.read() {
                count += bytes.count
                program.write(bytes: [UInt8](repeating: UInt8(ascii: "y"), count: bytes.count))
            }
        } _: { server, upstream in
            let raw = try RawConnection(port: server.port)
            raw.write("POST /proxy/\(upstream.port)/ HTTP/1.1\r\nHost: q\r\nContent-Length: 2000000\r\n\r\n")
            let piece = [UInt8](repeating: UInt8(ascii: "~"), count: 100_000)
            var count = 0
            for number in 1...20 {
                await raw.write(bytes: piece)
                while count < number * piece.count, let bytes = await raw.read() {
                    count += bytes.count { $0 == UInt8(ascii: "y") }
                }
                #expect(count >= number * piece.count)
            }
        }
    }

    @Test func `a large body arrives whole, and trailers do no harm`() async throws {
        try await with { program in
            var count = program.readAll(until: "\r\n\r\n").count { $0 == "~" }
            while count < 8_000_000, let bytes = program.read() { count += bytes.count }
            let text = "\(count)"
            program.write(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n\(text)\r\n0\r\nX-Trailer: 1\r\n\r\n"
            )
        } _: { server, upstream in
            let body = String(repeating: "~", count: 8_000_000)
            let answer = try await server.send(.POST, "/proxy/\(upstream.port)/", body)
            #expect(answer.status == 200 && answer.text == "8000000")
        }
    }

    @Test func `events arrive when they are sent`() async throws {
        let mayGoOn = Mutex(false)
        try await with { program in
            _ = program.readAll(until: "\r\n\r\n")
            program.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
            while !mayGoOn.withLock({ $0 }) { usleep(1000) }
            program.write("data: 2\n\n")
        } _: { server, upstream in
            let raw = try RawConnection(port: server.port)
            raw.write("GET /proxy/\(upstream.port)/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            #expect(await raw.readAll(until: "data: 1\n\n").contains("text/event-stream"))
            mayGoOn.withLock { $0 = true }
            #expect(await raw.readAll().contains("data: 2\n\n"))
        }
    }

    @Test func `a caller that goes away closes the connection to the program`() async throws {
        let closed = OneShot<Void>()
        try await with { program in
            _ = program.readAll(until: "\r\n\r\n")
            if program.read() == nil { closed.set(()) }
        } _: { server, upstream in
            do {
                let raw = try RawConnection(port: server.port)
                raw.write("GET /proxy/\(upstream.port)/ HTTP/1.1\r\nHost: x\r\n\r\n")
                while upstream.connections == 0 { try? await Task.sleep(for: .milliseconds(5)) }
            }
            try await closed.wait()
        }
    }

    @Test func `a caller that does not read stops the program's writing`() async throws {
        let written = Mutex(0)
        try await with { program in
            _ = program.readAll(until: "\r\n\r\n")
            program.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
            let bytes = [UInt8](repeating: 0, count: 1_000_000)
            for _ in 0..<1000 {
                guard program.tryWrite(bytes: bytes, within: 1) else { return }
                written.withLock { $0 += bytes.count }
            }
        } _: { server, upstream in
            let raw = try RawConnection(port: server.port)
            raw.write("GET /proxy/\(upstream.port)/ HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(await raw.readAll(until: "1000000000").contains("200 OK"))
            try await Task.sleep(for: .seconds(2))
            #expect(written.withLock { $0 } < 100_000_000)
        }
    }

    @Test func `an answer that is cut off is not taken for whole`() async throws {
        try await with { program in
            _ = program.readAll(until: "\r\n\r\n")
            program.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")
        } _: { server, upstream in
            await #expect(throws: (any Error).self) { _ = try await server.send(.GET, "/proxy/\(upstream.port)/") }
        }
    }

    @Test func `a port that leads nowhere is told so`() async throws {
        try await ServerFixture.with { server async throws in
            let closed = try TestUpstream { _ in }
            closed.stop()
            let unknown = try await server.send(.GET, "/proxy/\(closed.port)/")
            #expect(unknown.status == 404)
            let body: ProxyErrorBody = try unknown.decoded()
            #expect(
                body.error == "Port not exposed" && body.port == closed.port && body.body.code == "PORT_NOT_EXPOSED"
            )
            _ = try await server.send(.POST, "/api/expose-port", #"{"port":\#(closed.port)}"#)
            let dead = try await server.send(.GET, "/proxy/\(closed.port)/")
            let error: ProxyErrorBody = try dead.decoded()
            #expect(dead.status == 502 && error.error == "Proxy error" && error.body.code == "SERVICE_NOT_RESPONDING")
            for port in ["1", "2", "0", "65536", "x", "080"] {
                let refused = try await server.send(.GET, "/proxy/\(port)/")
                #expect(refused.status == 400)
                #expect(try refused.decoded(ErrorBody.self).code == "INVALID_PORT")
            }
        }
    }

    @Test func `a WebSocket is tunnelled, with what came early and large pieces`() async throws {
        try await with { program in
            let request = program.readAll(until: "\r\n\r\n").lowercased()
            guard request.contains("upgrade: websocket"), request.contains("sec-websocket-key: ") else { return }
            program.write("HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-A: 1\r\n\r\nearly")
            while let bytes = program.read() { program.write(bytes: bytes) }
        } _: { server, upstream in
            let raw = try RawConnection(port: server.port)
            raw.write(
                "GET /proxy/\(upstream.port)/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
            )
            let head = await raw.readAll(until: "early").lowercased()
            #expect(head.hasPrefix("http/1.1 101 ") && head.contains("x-a: 1") && head.contains("upgrade: websocket"))
            for size in [1, 100, 300_000] {
                await raw.write(bytes: [UInt8](repeating: 7, count: size))
                var count = 0
                while count < size, let bytes = await raw.read() { count += bytes.count }
                #expect(count == size)
            }
        }
    }

    @Test func `a tunnel's ends close each other`() async throws {
        let closed = OneShot<Void>()
        try await with { program in
            _ = program.readAll(until: "\r\n\r\n")
            program.write("HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")
            guard let first = program.read() else { return closed.set(()) }
            program.write(bytes: first)
        } _: { server, upstream in
            let request =
                "GET /proxy/\(upstream.port)/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"
            let raw = try RawConnection(port: server.port)
            raw.write(request)
            _ = await raw.readAll(until: "\r\n\r\n")
            raw.write("last")
            #expect(await raw.readAll() == "last")
            do {
                let other = try RawConnection(port: server.port)
                other.write(request)
                _ = await other.readAll(until: "\r\n\r\n")
            }
            try await closed.wait()
        }
    }

    @Test func `a refused upgrade is an answer like any other`() async throws {
        try await with { program in
            _ = program.readAll(until: "\r\n\r\n")
            program.write("HTTP/1.1 418 No\r\nContent-Length: 3\r\n\r\nnot")
        } _: { server, upstream in
            let raw = try RawConnection(port: server.port)
            raw.write("GET /proxy/\(upstream.port)/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
            let answer = await raw.readAll()
            #expect(answer.hasPrefix("HTTP/1.1 418 ") && answer.hasSuffix("\r\n\r\nnot"))
        }
    }
}
