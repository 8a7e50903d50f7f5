import Glibc
import HelperProtocol
import NIOHTTP1
import SandboxAPI
import Testing

@testable import SandboxServer

@Suite(.serialized, .timeLimit(.minutes(1)))
struct TerminalTests {
    private static let path = "/ws/pty?sessionId=s"

    /// Everything up to and including the frame that satisfies the condition, as text.
    private func read(_ socket: WebSocketClient, until isLast: (WebSocketClient.Frame, String) -> Bool) async -> String
    {
        var all = ""
        while let frame = await socket.receive() {
            all += frame.text
            if isLast(frame, all) { return all }
        }
        return all + "<closed>"
    }

    private func ready(_ socket: WebSocketClient) async -> String {
        await read(socket) { frame, _ in frame.opcode == WebSocketClient.text }
    }

    private func type(_ text: String, _ socket: WebSocketClient) {
        socket.send(WebSocketClient.binary, Array(text.utf8))
    }

    private func with(_ body: (ServerFixture) async throws -> Void) async throws {
        try await ServerFixture.with(configure: { $0.shell = "/bin/sh" }, body)
    }

    @Test func `what is typed is run in a terminal of the size that was asked for`() async throws {
        try await with { server async throws in
            let socket = try await WebSocketClient.open(port: server.port, path: Self.path + "&cols=100&rows=30")
            #expect(await ready(socket).hasSuffix(#"{"type":"ready"}"#))
            type("stty size; echo $TERM; pwd; echo do''ne\n", socket)
            let output = await read(socket) { _, all in all.contains("done\r\n") }
            #expect(output.contains("30 100\r\nxterm-256color\r\n/tmp\r\n"))
            socket.send(#"{"type":"resize","cols":33,"rows":7}"#)
            type("stty size; echo ag''ain\n", socket)
            #expect(await read(socket) { _, all in all.contains("again\r\n") }.contains("7 33\r\n"))
            #expect(server.helper.spawned.map(\.namespace) == [.user])
        }
    }

    @Test func `sockets of one session share one terminal, and a new one is shown what there was`() async throws {
        try await with { server async throws in
            let first = try await WebSocketClient.open(port: server.port, path: Self.path)
            _ = await ready(first)
            type("echo on''e\n", first)
            _ = await read(first) { _, all in all.contains("one\r\n") }
            let second = try await WebSocketClient.open(port: server.port, path: Self.path)
            let replay = try #require(await second.receive())
            #expect(replay.opcode == WebSocketClient.binary && replay.text.contains("one\r\n"))
            #expect(await second.receive()?.text == #"{"type":"ready"}"#)
            type("echo tw''o\n", second)
            #expect(await read(first) { _, all in all.contains("two\r\n") }.contains("two\r\n"))
            #expect(await read(second) { _, all in all.contains("two\r\n") }.contains("two\r\n"))
            #expect(server.helper.runningCount == 1)
            let other = try await WebSocketClient.open(port: server.port, path: "/ws/pty?sessionId=other")
            _ = await ready(other)
            #expect(server.helper.runningCount == 2)
        }
    }

    @Test func `a terminal outlives its sockets, and its end is told to all with the last output`() async throws {
        try await with { server async throws in
            do {
                let socket = try await WebSocketClient.open(port: server.port, path: Self.path)
                _ = await ready(socket)
                type("KEPT=yes\n", socket)
                _ = await read(socket) { _, all in all.contains("KEPT") }
            }
            let first = try await WebSocketClient.open(port: server.port, path: Self.path)
            let second = try await WebSocketClient.open(port: server.port, path: Self.path)
            _ = (await ready(first), await ready(second))
            type("echo $KEPT; exit 3\n", first)
            for socket in [first, second] {
                let output = await read(socket) { frame, _ in frame.opcode == WebSocketClient.text }
                #expect(output.contains("yes\r\n") && output.hasSuffix(#"{"code":3,"type":"exit"}"#))
                #expect(await socket.receive()?.code == 1000)
            }
            let fresh = try await WebSocketClient.open(port: server.port, path: Self.path)
            _ = await ready(fresh)
            type("echo \"[$KEPT]\"\n", fresh)
            #expect(await read(fresh) { _, all in all.contains("[]\r\n") }.contains("[]\r\n"))
            type("kill -9 $$\n", fresh)
            let end = await read(fresh) { frame, _ in frame.opcode == WebSocketClient.text }
            #expect(end.hasSuffix(#"{"code":137,"signal":9,"type":"exit"}"#))
        }
    }

    @Test func `a terminal without a shell of its session is listed, and deleted at once`() async throws {
        try await ServerFixture.with(configure: {
            $0.shell = "/bin/sh"; $0.graceMilliseconds = 60_000
        }) { server in
            let socket = try await WebSocketClient.open(port: server.port, path: Self.path)
            _ = await ready(socket)
            type("trap '' TERM HUP; echo do''ne\n", socket)
            _ = await read(socket) { _, all in all.contains("done\r\n") }
            let list: SessionListAnswer = try await server.send(.GET, "/api/session/list").decoded()
            #expect(list.data == ["s"])
            let answer = try await server.send(.POST, "/api/session/delete", #"{"sessionId":"s"}"#)
            #expect(answer.status == 200)
            // The suite's time limit is shorter than the grace time of commands.
            let end = await read(socket) { frame, _ in frame.opcode == WebSocketClient.text }
            #expect(end.hasSuffix(#"{"code":137,"signal":9,"type":"exit"}"#))
            let again = try await server.send(.POST, "/api/session/delete", #"{"sessionId":"s"}"#)
            #expect(again.status == 500 && again.text.contains("not found"))
            let rest: SessionListAnswer = try await server.send(.GET, "/api/session/list").decoded()
            #expect(rest.data.isEmpty)
        }
    }

    @Test func `bad controls are told, unknown ones ignored`() async throws {
        try await with { server async throws in
            let socket = try await WebSocketClient.open(port: server.port, path: Self.path)
            _ = await ready(socket)
            for text in [
                "{", "[]", #"{"type":"resize"}"#, #"{"type":"resize","cols":0,"rows":5}"#,
                #"{"type":"resize","cols":5,"rows":1001}"#,
            ] {
                socket.send(#"{"type":"unknown"}"#)
                socket.send(text)
                #expect(await ready(socket).contains(#""type":"error""#))
            }
        }
    }

    @Test(arguments: [
        "/ws/pty", "/ws/pty?sessionId=", "/ws/pty?sessionId=%20", "/ws/pty?sessionId=s&cols=0",
        "/ws/pty?sessionId=s&rows=x", "/ws/pty?sessionId=s&shell=ruby", "/ws/pty?sessionId=s&shell=../sh",
        "/ws/pty?sessionId=s&shell=/proc/self/exe",
    ])
    func `a request that cannot be is refused before the upgrade`(_ path: String) async throws {
        try await with { server async throws in
            #expect(try await WebSocketClient.open(port: server.port, path: path).head.hasPrefix("HTTP/1.1 400 "))
            #expect(server.helper.spawned.isEmpty)
        }
    }

    @Test func `without an upgrade it is not there, and a terminal that cannot be had is told so`() async throws {
        try await ServerFixture.with(refusal: HelperFailure(.noFreeSlot)) { server async throws in
            #expect(try await server.send(.GET, Self.path).status == 404)
            let socket = try await WebSocketClient.open(port: server.port, path: Self.path)
            #expect(await socket.receive()?.text.hasPrefix(#"{"message":"Too many commands are running"#) == true)
            #expect(await socket.receive()?.code == 1011)
        }
    }

    @Test func `a flood of output reaches a reader whole, while another does not read at all`() async throws {
        try await with { server async throws in
            let stuck = try await WebSocketClient.open(port: server.port, path: Self.path)
            let socket = try await WebSocketClient.open(port: server.port, path: Self.path)
            _ = await ready(socket)
            type("stty -echo -onlcr; echo g''o; head -c 20000000 /dev/zero | tr '\\0' x; echo en''d\n", socket)
            let start = await read(socket) { _, all in all.contains("go\n") }
            let end = try #require(start.firstRange(of: "go\n")).upperBound
            // The frame that says go may hold some of the flood already.
            var count = start[end...].count { $0 == "x" }
            while let frame = await socket.receive() {
                count += frame.bytes.count { $0 == UInt8(ascii: "x") }
                if frame.text.contains("end") { break }
            }
            #expect(count == 20_000_000)
            _ = stuck
        }
    }
}
