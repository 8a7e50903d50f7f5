import FoundationEssentials
import HelperProtocol
import NIOHTTP1
import SandboxAPI
import SandboxTestSupport
import Testing

/// What root finds in the memory of the pair's two programs when a request with a credential has been answered.
@Suite(.timeLimit(.minutes(20)))
struct MemoryTests {
    /// A request that carries a credential.
    struct Carrier: CustomTestStringConvertible {
        var name: String
        var path: String
        /// The body, for a credential.
        var body: @Sendable (String) -> String
        /// Statuses of the answer.
        var statuses: ClosedRange<Int> = 200...200
        /// What must not be found afterwards.
        var forms: @Sendable (String) -> [String] = { [$0] }

        var testDescription: String { name }
    }

    private static let alone = API.sessionless

    static let carriers = [
        Carrier(name: "a command", path: "/api/execute") {
            #"{"command":"test -n \"$TOKEN\"","env":{"TOKEN":"\#($0)"},"sessionId":"\#(alone)"}"#
        },
        Carrier(name: "a body of several reads", path: "/api/execute") {
            #"{"env":{"TOKEN":"\#($0)"},"command":"true # \#(String(repeating: "x", count: 100_000))"}"#
        },
        Carrier(name: "a streamed command", path: "/api/execute/stream") {
            #"{"command":"true","env":{"TOKEN":"\#($0)"}}"#
        },
        Carrier(name: "a background process", path: "/api/process/start") {
            #"{"command":"true","env":{"TOKEN":"\#($0)"}}"#
        },
        Carrier(
            name: "a command with input",
            path: "/api/execute",
            body: { #"{"command":"test $(wc -c) -gt 9","stdin":"\#(base64($0))","namespace":"secure"}"# },
            forms: { [$0, base64($0)] }
        ),
        Carrier(
            name: "a command that does not read its input",
            path: "/api/execute",
            body: { #"{"command":"true","stdin":"\#(base64($0 + String(repeating: "x", count: 300_000)))"}"# },
            forms: { [$0, String(base64($0).dropLast(4))] }
        ),
        Carrier(
            name: "a clone with a token in its address",
            path: "/api/git/checkout",
            body: { #"{"repoUrl":"http://user:\#($0)@127.0.0.1:1/x.git"}"# },
            statuses: 400...599
        ),
        Carrier(
            name: "a presigned address",
            path: "/api/backup/upload-parts",
            body: {
                #"{"archivePath":"/x","parts":[{"partNumber":1,"url":"https://h/?s=\#($0)","offset":0,"size":1}]}"#
            },
            statuses: 400...599
        ),
        Carrier(
            name: "a request that is refused",
            path: "/api/execute",
            body: { #"{"command":"true","env":{"TOKEN":"\#($0)"},"namespace":"user"}"# },
            statuses: 400...400
        ),
        Carrier(
            name: "a body that is no JSON",
            path: "/api/execute",
            body: { #"{"command":"true","env":{"TOKEN":"\#($0)"},"cwd":nonsense}"# },
            statuses: 400...400
        ),
    ]

    private static func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

    @Test func `neither half of the pair remembers a credential of a request that has been answered`() async throws {
        try await PairFixture.with { pair in
            let server = try #require(pair.serverPID)
            for carrier in Self.carriers {
                let canary = Canary.make()
                let answer = try await pair.api.post(carrier.path, json: carrier.body(canary))
                #expect(carrier.statuses.contains(answer.status), "\(carrier.name): \(answer.text)")
                for form in carrier.forms(canary) {
                    #expect(try await copies(of: form, pair, server) == 0, "server, after \(carrier.name)")
                    #expect(
                        try ProcessMemory.copies(of: form, in: pair.helper.pid) == 0,
                        "helper, after \(carrier.name)"
                    )
                }
            }
        }
    }

    /// Negative control: the same search, of a server whose heap does not wipe and of a helper that does not.
    @Test func `without wiping each of them remembers`() async throws {
        let options = PairOptions(
            server: .program(try TestPrograms.debugServer()),
            settings: ["server-wiping-heap": "off"],
            without: ["wiped-images"]
        )
        try await PairFixture.with(options) { pair in
            let canary = Canary.make()
            // A block of this size is not needed for the next thing that happens.
            let command = "test -n $TOKEN # " + String(repeating: "x", count: 20_000)
            let answer = try await pair.api.post(
                "/api/execute",
                json: #"{"command":"\#(command)","env":{"TOKEN":"\#(canary)"}}"#
            )
            #expect(answer.status == 200, "\(answer.text)")
            #expect(try ProcessMemory.copies(of: canary, in: pair.helper.pid) > 0)
            #expect(try await remembersInput(pair))
        }
    }

    /// Whether the server keeps a command's input. What the libraries below it leave in freed blocks is there once in
    /// three times, until something else needs the block.
    private func remembersInput(_ pair: Pair) async throws -> Bool {
        let server = try #require(pair.serverPID)
        for _ in 0..<100 {
            let canary = Canary.make()
            let input = Self.base64(canary + String(repeating: "x", count: 300_000))
            let answer = try await pair.api.post("/api/execute", json: #"{"command":"true","stdin":"\#(input)"}"#)
            #expect(answer.status == 200, "\(answer.text)")
            if try ProcessMemory.copies(of: canary, in: server) > 0 { return true }
        }
        return false
    }

    @Test func `nor does a connection that stays open`() async throws {
        try await PairFixture.with { pair in
            let server = try #require(pair.serverPID)
            for carrier in Self.carriers where carrier.statuses == 200...200 {
                let canary = Canary.make()
                let connection = try RawConnection(port: pair.apiPort)
                let body = carrier.body(canary)
                try connection.send(
                    "POST \(carrier.path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                )
                #expect(connection.receiveHead().hasPrefix("HTTP/1.1 200"))
                for form in carrier.forms(canary) {
                    #expect(try await copies(of: form, pair, server) == 0, "\(carrier.name)")
                }
                connection.close()
            }
        }
    }

    /// The bound for what must be kept: the session's variables, for the commands and terminals to come.
    @Test func `a session with a credential costs one copy for as long as it lives`() async throws {
        try await PairFixture.with { pair in
            let server = try #require(pair.serverPID)
            let canary = Canary.make()
            let made = try await pair.api.post("/api/session/create", json: #"{"id":"s","env":{"TOKEN":"\#(canary)"}}"#)
            #expect(made.status == 200 && made.text.contains(#""namespace":"secure""#), "\(made.text)")
            // In the session's shell, then in a cell of its own.
            #expect(try await pair.api.output("echo ${#TOKEN}", session: "s") == "\(canary.utf8.count)")
            let both = try await pair.api.output("echo ${#TOKEN}", env: ["OTHER": "x"], session: "s")
            #expect(both == "\(canary.utf8.count)")
            #expect(try await copies(of: canary, pair, server, atMost: 1) == 1, "and the search finds what is there")
            #expect(try ProcessMemory.copies(of: canary, in: pair.helper.pid) == 0)
            _ = try await pair.api.post("/api/session/delete", json: #"{"sessionId":"s"}"#)
            #expect(try await copies(of: canary, pair, server) == 0)
            #expect(try ProcessMemory.copies(of: canary, in: pair.helper.pid) == 0)
        }
    }

    /// Counts until no more are left than may be: the answer is out a moment before the task that made it has ended.
    private func copies(of canary: String, _ pair: Pair, _ server: Int32, atMost limit: Int = 0) async throws -> Int {
        var count = 0
        for _ in 0..<20 {
            count = try ProcessMemory.copies(of: canary, in: server)
            if count <= limit { break }
            _ = try await pair.api.health()
        }
        return count
    }
}
