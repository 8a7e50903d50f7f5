import HelperClient
import HummingbirdCore
import Logging
import NIOHTTP1
import NIOPosix
import SandboxAPI
import Synchronization
import Testing

@testable import SandboxServer

@Suite(.serialized, .timeLimit(.minutes(1)))
struct PortRouteTests {
    private struct Processes: ProcessExits {
        var code: Int?
        func exitCode(of id: String) async throws -> Int? { code }
    }

    @Test func `ports are exposed once, listed with what answers there, and taken back`() async throws {
        let program = try TestUpstream { _ in }
        defer { program.stop() }
        try await ServerFixture.with { server async throws in
            let body = #"{"port":\#(program.port),"name":"web","sessionId":"s"}"#
            let exposed = try await server.send(.POST, "/api/expose-port", body)
            let answer: ExposePortResponse = try exposed.decoded()
            #expect(answer.success && answer.url == "http://localhost:\(program.port)" && answer.name == "web")
            let again = try await server.send(.POST, "/api/expose-port", body)
            #expect(again.status == 409)
            #expect(try again.decoded(ErrorBody.self).code == "PORT_ALREADY_EXPOSED")
            let dead = try TestUpstream { _ in }
            dead.stop()
            _ = try await server.send(.POST, "/api/expose-port", #"{"port":\#(dead.port)}"#)
            let list: ExposedPortsResponse = try await server.send(.GET, "/api/exposed-ports?session=s").decoded()
            #expect(list.count == 2 && list.ports.map(\.port) == [program.port, dead.port].sorted())
            #expect(list.ports.first { $0.port == program.port }?.status == "active")
            #expect(list.ports.first { $0.port == dead.port }?.status == "inactive")
            let gone = try await server.send(.DELETE, "/api/exposed-ports/\(program.port)?session=s")
            #expect(gone.status == 200)
            let missing = try await server.send(.DELETE, "/api/exposed-ports/\(program.port)")
            #expect(missing.status == 404)
            #expect(try missing.decoded(ErrorBody.self).code == "PORT_NOT_EXPOSED")
            let old = try await server.send(.DELETE, "/api/unexpose-port", #"{"port":\#(dead.port)}"#)
            #expect(old.status == 200)
            #expect(try await server.send(.PUT, "/api/exposed-ports/1").headers["allow"] == ["DELETE"])
        }
    }

    @Test(arguments: ["0", "65536", "-1", "1", "2"])
    func `no port out of range, or of the control plane, is taken anywhere`(_ port: String) async throws {
        try await ServerFixture.with { server async throws in
            for (path, body) in [
                ("/api/expose-port", #"{"port":\#(port)}"#), ("/api/port-watch", #"{"port":\#(port),"mode":"tcp"}"#),
            ] {
                let answer = try await server.send(.POST, path, body)
                #expect(answer.status == 400)
                #expect(try answer.decoded(ErrorBody.self).code == "INVALID_PORT")
            }
            #expect(try await server.send(.DELETE, "/api/exposed-ports/\(port)").status == 400)
        }
    }

    @Test(arguments: [
        #"{"port":80,"mode":"udp"}"#, #"{"port":80}"#, #"{"port":80,"mode":"http","path":"x"}"#,
        #"{"port":80,"mode":"http","path":"/ HTTP"}"#, #"{"port":80,"mode":"http","statusMin":400,"statusMax":300}"#,
        #"{"port":80,"mode":"tcp","processId":""}"#,
    ])
    func `a watch that cannot be is refused`(_ body: String) async throws {
        try await ServerFixture.with { server async throws in
            let answer = try await server.send(.POST, "/api/port-watch", body)
            #expect(answer.status == 400)
            #expect(try answer.decoded(ErrorBody.self).code == "VALIDATION_FAILED")
        }
    }

    @Test func `a watch ends when the port answers as it should`() async throws {
        let looks = Mutex(0)
        let program = try TestUpstream { connection in
            guard connection.readAll(until: "\r\n\r\n").hasPrefix("GET /up?a=1 HTTP/1.1\r\n") else { return }
            let count = looks.withLock { looks in
                looks += 1
                return looks
            }
            connection.write("HTTP/1.1 \(count < 3 ? 503 : 204) X\r\nContent-Length: 0\r\n\r\n")
        }
        defer { program.stop() }
        try await ServerFixture.with { server async throws in
            let tcp = try await server.send(.POST, "/api/port-watch", #"{"port":\#(program.port),"mode":"tcp"}"#)
            let watching = #"data: {"port":\#(program.port),"type":"watching"}"#
            #expect(tcp.text == "\(watching)\n\ndata: {\"port\":\(program.port),\"type\":\"ready\"}\n\n")
            let http = try await server.send(
                .POST,
                "/api/port-watch",
                #"{"port":\#(program.port),"mode":"http","path":"/up?a=1","interval":1}"#
            )
            #expect(http.headers["content-type"] == ["text/event-stream"] && http.text.hasPrefix(watching))
            #expect(http.text.contains(#""statusCode":204,"type":"ready""#) && looks.withLock { $0 } == 3)
        }
    }

    @Test func `a process that is unknown or over ends the watch`() async throws {
        try await ServerFixture.with { server async throws in
            let answer = try await server.send(.POST, "/api/port-watch", #"{"port":9,"mode":"tcp","processId":"p"}"#)
            #expect(answer.text.hasSuffix("data: {\"error\":\"Process not found\",\"port\":9,\"type\":\"error\"}\n\n"))
        }
        let request = PortWatchRequest(port: 9, mode: "tcp", processId: "p")
        let watch = try PortWatch(request, rules: PortRules(ServerFixture.hello()))
        let context = SandboxContext(
            source: .init(
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                connection: Connection(verdict: .permitted)
            )
        )
        let probe = PortProbe(eventLoopGroup: MultiThreadedEventLoopGroup.singleton)
        let writer = CollectingWriter()
        try await EventStream.response(context) { events in try await watch.run(probe, Processes(code: 3), events) }
            .body.write(writer)
        // Events that wait together come in one piece.
        #expect(
            writer.pieces.last?.hasSuffix("data: {\"exitCode\":3,\"port\":9,\"type\":\"process_exited\"}\n\n") == true
        )
    }

    @Test func `one look takes no longer than it may`() async throws {
        let program = try TestUpstream { connection in _ = connection.read() }
        defer { program.stop() }
        let probe = PortProbe(eventLoopGroup: MultiThreadedEventLoopGroup.singleton)
        let start = ContinuousClock.now
        #expect(await probe.get(program.port, path: "/", within: .milliseconds(100)) == .silent)
        #expect(ContinuousClock.now - start < .seconds(3))
    }

    @Test func `a stream that never ends does not hold up a server that stops`() async throws {
        let dead = try TestUpstream { _ in }
        dead.stop()
        try await ServerFixture.with { server async throws in
            let raw = try RawConnection(port: server.port)
            let body = #"{"port":\#(dead.port),"mode":"tcp"}"#
            raw.write("POST /api/port-watch HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            #expect(await raw.readAll(until: "watching").contains("200 OK"))
        }
        // A socket that nobody closes, too.
        try await ServerFixture.with { server async throws in
            let socket = try await WebSocketClient.open(port: server.port, path: "/ws")
            #expect(socket.isOpen)
        }
    }
}
