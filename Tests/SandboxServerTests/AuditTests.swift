import AsyncHTTPClient
import FoundationEssentials
import Glibc
import HTTPTypes
import HelperClient
import Hummingbird
import NIOCore
import NIOHTTP1
import SandboxAPI
import Testing

@testable import SandboxServer

/// The audit log's schema, its table of names, and what it does when it cannot be written.
@Suite struct AuditTests {
    private static func record(_ change: (inout AuditRecord) -> Void = { _ in }) -> AuditRecord {
        var record = AuditRecord(
            request: "a-1",
            action: "exec",
            peer: AuditPeer(kind: .local, uid: 0, address: "127.0.0.1"),
            outcome: .ok,
            status: 200,
            milliseconds: 5
        )
        change(&record)
        return record
    }

    private static func object(_ line: String) throws -> [String: JSONValue] {
        try JSONDecoder().decode([String: JSONValue].self, from: Data(line.utf8))
    }

    @Test func `a line has the members that Docs Audit lists, in that order, whatever is known`() throws {
        let source = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let page = try #require(SmallFile.text("/\(source)/Docs/Audit.md"))
        // What the first cell of each row names.
        let cells = page.split(separator: "\n").filter { $0.hasPrefix("| `") }.compactMap {
            $0.split(separator: "|").first
        }
        let documented = cells.flatMap { cell in
            cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .filter { !$0.offset.isMultiple(of: 2) }.map { String($0.element) }
        }
        let members = Array(documented.prefix { $0 != "exec" })
        let empty = Self.record()
        let full = Self.record { record in
            record.error = "X"
            record.facts = AuditFacts(
                token: .accepted,
                namespace: .secure,
                session: "s",
                process: "p",
                port: 1,
                variables: ["A", "B"],
                exitStatus: 0
            )
        }
        for line in [empty.line, full.line] {
            var rest = line[...]
            for member in members {
                let place = try #require(rest.firstRange(of: "\"\(member)\":"), "\(member) in \(line)")
                rest = rest[place.upperBound...]
            }
            #expect(try Self.object(line).count == members.count)
        }
        // And the actions.
        let actions = Set(documented.drop { $0 != "exec" })
        #expect(actions.isSuperset(of: Set(AuditAction.names.values)))
        #expect(actions.isSuperset(of: [AuditAction.other, AuditAction.started, AuditAction.resumed]))
    }

    @Test func `no name breaks a line or reaches a terminal`() throws {
        let hostile = "a\n{\"v\":1}\r\u{1B}[2J\u{85}\u{2028}\u{9B}\"\\😀\u{0}"
        let record = Self.record { record in
            record.facts.session = hostile
            record.facts.process = hostile
            record.facts.variables = [hostile]
            record.peer.address = hostile
        }
        #expect(record.line.utf8.allSatisfy { (0x20...0x7E).contains($0) })
        #expect(try Self.object(record.line)["session"] == .string(hostile))
        let long = Self.record { $0.facts.session = String(repeating: "\u{1}", count: 100_000) }
        #expect(long.line.utf8.count < 4096)
    }

    @Test func `every route of the router has a name or is one of the few that are not noted`() async throws {
        try await ServerFixture.with { server in
            let router = server.application.router(OneShot())
            #expect(router.routes.count > 40)
            for route in router.routes {
                let text = "\(route.method.rawValue) \(route.path)"
                let name = AuditAction.name(route.method, route.path.description)
                #expect((name == nil) == AuditAction.unaudited.contains(text), "\(text)")
            }
            let templates = Set(router.routes.map { $0.path.description })
            for route in AuditAction.names.keys {
                #expect(templates.contains(String(route.split(separator: " ")[1])), "\(route)")
            }
        }
    }

    @Test func `each request writes one line before it is answered`() async throws {
        let sink = try AuditSinkFixture()
        try await ServerFixture.with(audit: sink.log) { server in
            let before = sink.lines.count
            for (path, body) in [("/api/execute", "{}"), ("/api/session/delete", #"{"sessionId":"no"}"#)] {
                var request = HTTPClientRequest(url: server.url + path)
                request.method = .POST
                request.body = .bytes(ByteBuffer(string: body))
                let answer = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
                let id = try #require(answer.headers.first(name: "x-request-id"))
                #expect(sink.lines.last?.contains(#""request":"\#(id)""#) == true)
            }
            #expect(sink.lines.count == before + 2)
            _ = try await HTTPClient.shared.execute(
                HTTPClientRequest(url: server.url + "/api/ping"),
                timeout: .seconds(60)
            )
            #expect(sink.lines.count == before + 2)
        }
    }

    @Test func `what cannot be noted is not done, until it can be`() async throws {
        let sink = try AuditSinkFixture("/dev/full")
        try await ServerFixture.with(audit: sink.log) { server in
            func status(_ path: String, _ body: String?) async throws -> UInt {
                var request = HTTPClientRequest(url: server.url + path)
                if let body {
                    request.method = .POST
                    request.body = .bytes(ByteBuffer(string: body))
                }
                return try await HTTPClient.shared.execute(request, timeout: .seconds(60)).status.code
            }
            #expect(try await status("/api/execute", #"{"command":"true"}"#) == 503)
            #expect(try await status("/health", nil) == 503)
            #expect(try await status("/api/ping", nil) == 200)
            let path = "/tmp/audit-\(UInt64.random(in: 0 ... .max))"
            defer { unlink(path) }
            try sink.reopen(path)
            #expect(try await status("/api/session/list", nil) == 200)
            let lines = try AuditSinkFixture.lines(path).map(Self.object)
            #expect(lines.map { $0["action"] } == [.string(AuditAction.resumed), .string("session.list")])
            // The first line of the server is what was lost.
            #expect(lines[0]["lost"] == .integer(1) && lines[1]["lost"] == .integer(0))
            #expect(try await status("/health", nil) == 200)
        }
    }

    @Test func `a file that was renamed gets no line after another was handed over`() throws {
        let sink = try AuditSinkFixture()
        let count = sink.lines.count
        let other = sink.path + ".new"
        defer { unlink(other) }
        try sink.reopen(other)
        sink.log.write(Self.record())
        #expect(sink.lines.count == count && AuditSinkFixture.lines(other).count == 1)
    }

    @Test func `refusals of code inside are noted up to a rate, and the next one tells how many were not`() throws {
        var budget = RefusalBudget()
        let start = ContinuousClock.now
        #expect((0..<RefusalBudget.burst).allSatisfy { _ in budget.take(start) == 0 })
        #expect(budget.take(start) == nil && budget.take(start) == nil)
        #expect(budget.take(start + .seconds(1)) == 2)
        let sink = try AuditSinkFixture()
        for _ in 0..<1000 {
            sink.log.write(
                Self.record { record in
                    record.peer = AuditPeer(kind: .inside, uid: 1)
                    record.outcome = .refused
                }
            )
        }
        #expect(sink.lines.count < 200)
    }

    @Test func `the system's log gets its own prefix and one datagram a line`() throws {
        var ends: [Int32] = [-1, -1]
        #expect(socketpair(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0, &ends) == 0)
        defer { for end in ends { close(end) } }
        let sink = try AuditSinkFixture("/proc/self/fd/\(ends[0])", sending: ends[0])
        sink.log.write(Self.record())
        var buffer = [UInt8](repeating: 0, count: 8192)
        var text = ""
        for _ in 0..<2 {
            let count = recv(ends[1], &buffer, buffer.count, Int32(MSG_DONTWAIT))
            text = String(decoding: buffer[..<max(count, 0)], as: UTF8.self)
        }
        #expect(text.hasPrefix("<110>sandbox-server: {\"v\":1") && text.hasSuffix("}"))
    }
}
