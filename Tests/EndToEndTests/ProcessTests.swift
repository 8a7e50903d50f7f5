import HelperClient
import HelperProtocol
import NIOHTTP1
import SandboxAPI
import SandboxTestSupport
import Testing

/// Background processes: the table, their ends, their logs and streams.
@Suite(.timeLimit(.minutes(20)))
struct ProcessTests {
    private func process(_ pair: Pair, _ id: String) async throws -> ProcessInfoBody {
        try await pair.api.request(.GET, "/api/process/\(id)").decoded(ProcessAnswer.self).process
    }

    private func start(
        _ pair: Pair,
        _ command: String,
        _ id: String,
        _ more: String = ""
    ) async throws -> ProcessStartResponse {
        try await pair.api.success(
            "/api/process/start",
            #"{"command":"\#(command)","processId":"\#(id)"\#(more)}"#
        )
    }

    @Test func `a fast command's status and output are complete as soon as it has been started`() async throws {
        try await PairFixture.with { pair in
            let started = try await start(pair, "echo out; echo err >&2; exit 3", "fast")
            #expect(started.processId == "fast" && (started.pid ?? 0) > 1)
            let logs = try await pair.api.request(.GET, "/api/process/fast/logs").decoded(ProcessLogsAnswer.self)
            #expect(logs.stdout == "out\n" && logs.stderr == "err\n")
            let info = try await process(pair, "fast")
            #expect(info.status == "failed" && info.exitCode == 3 && info.endTime != nil)
            let unnamed = try await pair.api.success(
                "/api/process/start",
                #"{"command":"true"}"#,
                as: ProcessStartResponse.self
            )
            #expect(unnamed.processId.wholeMatch(of: /proc_\d+_[0-9a-z]{6}/) != nil)
        }
    }

    @Test(arguments: ["true", "kill -KILL $BASHPID", "exit 9"])
    func `the end of a command is never lost, however short it is`(_ command: String) async throws {
        try await PairFixture.with { pair in
            let api = pair.api
            try await withThrowingTaskGroup(of: Void.self) { group in
                for session in 0..<4 {
                    group.addTask {
                        for _ in 0..<50 {
                            let events = try await api.events(
                                "/api/execute/stream",
                                #"{"command":"\#(command)","sessionId":"s\#(session)"}"#
                            )
                            #expect(events.last?.type == "complete" && events.last?.exitCode != nil)
                        }
                    }
                }
                try await group.waitForAll()
            }
            let list = try await api.request(.GET, "/api/process/list?status=running")
            #expect(try list.decoded(ProcessListAnswer.self).processes.isEmpty)
        }
    }

    @Test func `the pid is that of the namespace, and the process has the session's state`() async throws {
        try await PairFixture.with { pair in
            _ = try await pair.api.execute("cd /usr; A=plain; f() { echo f$A; }", session: nil)
            let started = try await start(pair, "f; pwd; A=changed; sleep 1000", "p")
            let pid = try #require(started.pid)
            #expect(try await pair.api.execute("kill -0 \(pid) && echo $A", session: nil).stdout == "plain")
            let logs = try await pair.api.request(.GET, "/api/process/p/logs").decoded(ProcessLogsAnswer.self)
            #expect(logs.stdout == "fplain\n/usr\n")
            #expect(try await pair.api.output("jobs; echo ${!-none}", session: nil) == "none")
        }
    }

    @Test func `a kill takes the whole tree, what left it too, and says what became of it`() async throws {
        try await PairFixture.with { pair in
            let duration = Canary.duration(1000)
            let script =
                "setsid sleep \(duration) & (setsid sh -c 'sleep \(duration) & sleep \(duration)' &) ; sleep \(duration)"
            _ = try await start(pair, script, "tree")
            _ = try await start(pair, "sleep 999", "other")
            while HostProcesses.withArgument(duration).count < 3 { _ = try await pair.api.health() }
            let killed = try await pair.api.request(.DELETE, "/api/process/tree")
            #expect(killed.status == 200)
            #expect(HostProcesses.withArgument(duration).isEmpty)
            let info = try await process(pair, "tree")
            #expect(info.status == "killed" && info.exitCode == 143)
            #expect(try await process(pair, "other").status == "running")
            let again = try await pair.api.request(.DELETE, "/api/process/tree")
            #expect(again.status == 404)
            #expect(try again.failure.code == "COMMAND_NOT_FOUND")
        }
    }

    @Test func `a kill takes copies of the shell that have left it, and what was started without its environment`()
        async throws
    {
        try await PairFixture.with { pair in
            let duration = Canary.duration(1000)
            let sleep = "sleep \(duration)"
            _ = try await start(pair, "(while :; do \(sleep); done &) ; (env -i \(sleep) &) ; \(sleep)", "copies")
            while HostProcesses.withArgument(duration).count < 3 { _ = try await pair.api.health() }
            #expect(try await pair.api.request(.DELETE, "/api/process/copies").status == 200)
            #expect(HostProcesses.withArgument(duration).isEmpty)
            // The session's own shell is left. No pipe here: what a shell forks for one has its name until execve(2).
            let names = try await pair.api.output("names=$(ps -e -o comm=); grep -cx bash <<<\"$names\"", session: nil)
            #expect(names == "1", "\(names)")
        }
    }

    @Test func `a process that will not end by itself is killed after the grace time`() async throws {
        try await PairFixture.with { pair in
            _ = try await start(pair, "trap '' TERM; echo ready; while :; do sleep 0.05; done", "stubborn")
            #expect(try await pair.api.request(.DELETE, "/api/process/stubborn").status == 200)
            let info = try await process(pair, "stubborn")
            #expect(info.status == "killed" && info.exitCode == 137)
        }
    }

    @Test func `kill-all counts those that ran, and the list shows what became of each`() async throws {
        try await PairFixture.with { pair in
            _ = try await start(pair, "true", "done")
            for id in ["a", "b"] { _ = try await start(pair, "sleep 1000", id) }
            _ = try await start(pair, "sleep 1000", "s", #","env":{"KEY":"v4lue"}"#)
            _ = try await process(pair, "done")
            let cleaned = try await pair.api.request(.DELETE, "/api/process/kill-all").decoded(CleanupAnswer.self)
            #expect(cleaned.cleanedCount == 3)
            let answer = try await pair.api.request(.GET, "/api/process/list")
            let list = try answer.decoded(ProcessListAnswer.self).processes
            #expect(list.map(\.id) == ["done", "a", "b", "s"])
            #expect(list.map(\.status) == ["completed", "killed", "killed", "killed"])
            #expect(!answer.text.contains("v4lue"))
            let filtered = try await pair.api.request(.GET, "/api/process/list?status=completed")
            #expect(try filtered.decoded(ProcessListAnswer.self).processes.map(\.id) == ["done"])
        }
    }

    @Test func `readers that come early, late and together get everything once and in order`() async throws {
        try await PairFixture.with { pair in
            let api = pair.api
            let meeting = try await Rendezvous(pair, "half")
            let script = "seq 1 20000; \(meeting.meet); seq 20001 40000; echo done >&2; exit 5"
            _ = try await start(pair, script, "p")
            try await meeting.arrived()
            let expected = (1...40_000).map { "\($0)\n" }.joined()
            try await withThrowingTaskGroup(of: [StreamEvent].self) { group in
                for _ in 0..<5 { group.addTask { try await api.events("/api/process/p/stream") } }
                try await meeting.release()
                for try await events in group {
                    #expect(events.first?.type == "process_info" && events.first?.processId == "p")
                    #expect(events.filter { $0.type == "stdout" }.compactMap(\.data).joined() == expected)
                    #expect(events.filter { $0.type == "stderr" }.compactMap(\.data).joined() == "done\n")
                    #expect(events.last?.type == "exit" && events.last?.exitCode == 5)
                    #expect(events.last?.data == "Process failed with exit code 5")
                }
            }
        }
    }

    @Test func `a log keeps the newest output and says what it dropped`() async throws {
        try await PairFixture.with(PairOptions(settings: ["server-process-log-bytes": "65536"])) { pair in
            _ = try await start(pair, "seq 1 100000", "p")
            let events = try await pair.api.events("/api/process/p/stream")
            #expect(events.last?.exitCode == 0)
            let logs = try await pair.api.request(.GET, "/api/process/p/logs").decoded(ProcessLogsAnswer.self)
            #expect(logs.stdout.hasSuffix("\n100000\n") && logs.stdout.utf8.count <= 2 * 65536)
            let whole = try await pair.api.output("seq 1 100000 | wc -c")
            let missed = try #require(Int(whole)) - logs.stdout.utf8.count
            #expect(logs.stderr == "\n[\(missed) bytes of earlier output are not kept]\n")
            // The process is over: a new reader finds the same.
            let late = try await pair.api.events("/api/process/p/stream").first { $0.type == "stderr" }
            #expect(late?.data == logs.stderr)
        }
    }

    @Test(arguments: ["../x", "a b", "", "list", "kill-all", ".x", String(repeating: "x", count: 129)])
    func `ids that cannot stand in a path are refused`(_ id: String) async throws {
        try await PairFixture.with { pair in
            let answer = try await pair.api.post(
                "/api/process/start",
                json: #"{"command":"true","processId":"\#(id)"}"#
            )
            #expect(answer.status == 400)
            for (method, path) in [("GET", ""), ("DELETE", ""), ("GET", "/logs"), ("GET", "/stream")] {
                let unknown = try await pair.api.request(.init(rawValue: method), "/api/process/proc_0_unknown" + path)
                #expect(unknown.status == 404)
                #expect(try unknown.failure.code == "PROCESS_NOT_FOUND")
            }
        }
    }
}
