import HelperClient
import HelperProtocol
import NIOHTTP1
import SandboxAPI
import SandboxTestSupport
import Testing

/// How a command is ended before its time: by a limit, or because nobody waits for it any more.
@Suite(.timeLimit(.minutes(20)))
struct TimeoutTests {
    @Test(arguments: [NamespaceName.user, .secure])
    func `a timeout ends the whole tree before it is answered`(in namespace: NamespaceName) async throws {
        try await PairFixture.with(PairOptions(settings: ["server-grace-ms": "200"])) { pair in
            let duration = Canary.duration(100)
            let script = """
                setsid sleep \(duration) &
                (trap '' TERM HUP INT; sleep \(duration); sleep \(duration)) &
                (setsid sh -c 'trap "" TERM; sleep \(duration) & sleep \(duration)' &)
                sh -c 'kill -STOP $$; sleep \(duration)' &
                trap '' TERM
                sleep \(duration); sleep \(duration)
                """
            let answer = try await pair.api.attempt(
                ExecuteRequest(command: script, timeoutMs: 700, namespace: namespace)
            )
            #expect(HostProcesses.withArgument(duration).isEmpty)
            #expect(answer.status == 500)
            let failure = try answer.failure
            #expect(failure.code == "COMMAND_EXECUTION_ERROR" && failure.operation == "command.execute")
            #expect(failure.message.contains("Command timeout after 700ms"))
            // The session's shell is what is left.
            #expect(try await pair.client.status().processes.count == (namespace == .user ? 1 : 0))
            #expect(try await pair.api.output("echo on", namespace: namespace) == "on")
        }
    }

    @Test func `a timeout spares what earlier commands left running`() async throws {
        try await PairFixture.with(PairOptions(settings: ["server-grace-ms": "100"])) { pair in
            let pid = try await pair.api.output("sleep 1000 & echo $!")
            let answer = try await pair.api.attempt(ExecuteRequest(command: "sleep 1000", timeoutMs: 50))
            #expect(answer.status == 500)
            #expect(try await pair.api.execute("kill -0 \(pid)").success)
        }
    }

    @Test func `a command that obeys SIGTERM can clean up on a timeout`() async throws {
        try await PairFixture.with(PairOptions(settings: ["server-grace-ms": "20000"])) { pair in
            let note = pair.workspace + "/note"
            let answer = try await pair.api.attempt(
                ExecuteRequest(command: "trap 'echo cleaned > \(note); exit' TERM; sleep 1000 & wait", timeoutMs: 300)
            )
            #expect(answer.status == 500)
            #expect(try await pair.api.output("cat \(note)") == "cleaned")
        }
    }

    @Test func `the server's own time limit holds for requests that name none`() async throws {
        let settings = ["server-command-timeout-ms": "300", "server-grace-ms": "0"]
        try await PairFixture.with(PairOptions(settings: settings)) { pair in
            let answer = try await pair.api.post(#"{"command":"sleep 1000"}"#)
            #expect(try answer.failure.message.contains("300ms"))
        }
    }

    @Test(arguments: [NamespaceName.user, .secure])
    func `a caller that goes away takes its command along`(in namespace: NamespaceName) async throws {
        try await PairFixture.with(PairOptions(settings: ["server-grace-ms": "100"])) { pair in
            let meeting = try await Rendezvous(pair, "gone")
            let duration = Canary.duration(100)
            let body =
                #"{"command":"\#(Canary.sleeper(duration)); \#(meeting.meet)","namespace":"\#(namespace.rawValue)"}"#
            let connection = try RawConnection(port: pair.apiPort)
            try connection.send(
                "POST /api/execute HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            )
            try await meeting.arrived()
            let processes = try HostProcesses.withArgument("sleep\0\(duration)").map { try ProcessWatch($0) }
            #expect(processes.count == 1)
            connection.close()
            for process in processes { try await process.end() }
        }
    }
}
