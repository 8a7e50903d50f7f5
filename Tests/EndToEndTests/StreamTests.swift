import FoundationEssentials
import HelperClient
import HelperProtocol
import NIOHTTP1
import SandboxAPI
import SandboxTestSupport
import Testing

/// `POST /api/execute/stream`.
@Suite(.timeLimit(.minutes(20)))
struct StreamTests {
    @Test(arguments: [#""s""#, #""__DISABLE_SESSION__""#])
    func `a stream begins with start, carries both outputs and ends with an exit code`(_ session: String) async throws {
        try await PairFixture.with { pair in
            let events = try await pair.api.events(
                "/api/execute/stream",
                #"{"command":"echo out; echo err >&2; printf 'no end'; (exit 3)","sessionId":\#(session)}"#
            )
            #expect(events.first?.type == "start" && events.first?.command?.hasPrefix("echo out") == true)
            #expect(events.filter { $0.type == "stdout" }.compactMap(\.data).joined() == "out\nno end")
            #expect(events.filter { $0.type == "stderr" }.compactMap(\.data).joined() == "err\n")
            #expect(events.last?.type == "complete" && events.last?.exitCode == 3)
        }
    }

    @Test func `output comes while the command runs`() async throws {
        try await PairFixture.with { pair in
            let meeting = try await Rendezvous(pair, "mid")
            var isReleased = false
            try await pair.api.follow(
                "/api/execute/stream",
                #"{"command":"echo first; \#(meeting.meet); echo last"}"#
            ) { text in
                if !isReleased, text.contains("first\\n") {
                    // Nothing more is written before this has been read.
                    #expect(!text.contains("last\\n"))
                    isReleased = true
                    try await meeting.arrived()
                    try await meeting.release()
                }
                return text.contains("complete")
            }
            #expect(isReleased)
        }
    }

    @Test func `a time limit ends the command and the stream says so`() async throws {
        try await PairFixture.with(PairOptions(settings: ["server-grace-ms": "100"])) { pair in
            let events = try await pair.api.events(
                "/api/execute/stream",
                #"{"command":"echo begun; sleep 1000","timeoutMs":200}"#
            )
            #expect(events.last?.type == "complete" && events.last?.exitCode == 124 && events.last?.timedOut == true)
            #expect(try await pair.api.output("echo on", session: nil) == "on")
        }
    }

    @Test func `characters are never divided between events`() async throws {
        try await PairFixture.with { pair in
            let script = #"for b in e2 82 ac f0 9f 98 80 e2 82 ac; do printf "\x$b"; sleep 0.01; done"#
            let body = try JSONEncoder().encode(ExecuteRequest(command: script))
            let events = try await pair.api.events("/api/execute/stream", String(decoding: body, as: UTF8.self))
            let texts = events.filter { $0.type == "stdout" }.compactMap(\.data)
            #expect(texts.joined() == "€😀€" && !texts.contains { $0.contains("\u{FFFD}") })
        }
    }

    @Test func `a reader that leaves harms nobody, and the command goes on`() async throws {
        try await PairFixture.with { pair in
            try await pair.api.follow("/api/execute/stream", #"{"command":"echo here; sleep 1000"}"#) { text in
                text.contains("here\\n")
            }
            let list = try await pair.api.request(.GET, "/api/process/list").decoded(ProcessListAnswer.self).processes
            #expect(list.map(\.status) == ["running"])
            let id = try #require(list.first?.id)
            #expect(try await pair.api.request(.DELETE, "/api/process/\(id)").status == 200)
        }
    }

    @Test(arguments: ["", "   "])
    func `an empty command is refused before the stream`(_ command: String) async throws {
        try await PairFixture.with { pair in
            let answer = try await pair.api.post("/api/execute/stream", json: #"{"command":"\#(command)"}"#)
            #expect(answer.status == 400)
            #expect(try answer.failure.code == "INVALID_COMMAND")
        }
    }
}
