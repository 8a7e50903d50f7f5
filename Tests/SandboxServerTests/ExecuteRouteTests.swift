import AsyncHTTPClient
import FoundationEssentials
import Glibc
import HelperProtocol
import NIOCore
import NIOHTTP1
import SandboxAPI
import Testing

@testable import SandboxServer

@Suite(.serialized, .timeLimit(.minutes(2)))
struct ExecuteRouteTests {
    @Test func `output, error output and exit code come back apart`() async throws {
        try await ServerFixture.with { server async throws in
            let answer = try await server.run("echo out; echo err >&2; exit 3")
            #expect(answer.stdout == "out" && answer.stderr == "err" && answer.exitCode == 3 && !answer.success)
            #expect(answer.namespace == .user && answer.command == "echo out; echo err >&2; exit 3")
        }
    }

    @Test func `exactly one trailing newline is removed, NULs vanish, broken UTF-8 is repaired`() async throws {
        try await ServerFixture.with { server async throws in
            #expect(try await server.run(#"printf 'a\n\nb\n\n'"#).stdout == "a\n\nb\n")
            #expect(try await server.run(#"printf 'a\0b\377'"#).stdout == "ab\u{FFFD}")
        }
    }

    @Test func `standard input is at its end`() async throws {
        try await ServerFixture.with { server async throws in
            #expect(try await server.run("cat; echo done").stdout == "done")
        }
    }

    @Test func `a command without a name the shell knows gives 127`() async throws {
        try await ServerFixture.with { server async throws in
            let answer = try await server.run("no-such-command-here")
            #expect(answer.exitCode == 127 && answer.stderr.contains("no-such-command-here"))
        }
    }

    @Test func `variables select the namespace and reach the command, not the answer`() async throws {
        try await ServerFixture.with { server async throws in
            let env = ["API_KEY": SecretBytes(Array("canary-value".utf8))]
            let answer = try await server.execute(ExecuteRequest(command: "test \"$API_KEY\" = canary-value", env: env))
            #expect(try answer.decoded(ExecuteResponse.self).success)
            #expect(try answer.decoded(ExecuteResponse.self).namespace == .secure)
            // The command itself is echoed, so only the value's one occurrence in it may be there.
            #expect(answer.text.split(separator: "canary-value").count == 2)
            #expect(try await server.run("echo $LC_ALL", env: ["LC_ALL": "C"]).namespace == .user)
            #expect(server.helper.spawned.map(\.namespace) == [.secure, .user])
        }
    }

    @Test func `null variables are skipped and unknown fields ignored`() async throws {
        try await ServerFixture.with { server async throws in
            let answer = try await server.send(
                .POST,
                "/api/execute",
                #"{"command":"echo ${A-unset}","env":{"A":null},"origin":"user"}"#
            )
            let response: ExecuteResponse = try answer.decoded()
            #expect(response.stdout == "unset" && response.namespace == .user)
        }
    }

    @Test func `a survivor that holds the pipe does not delay the answer and gets no SIGPIPE`() async throws {
        try await ServerFixture.with { server async throws in
            let mark = "/tmp/survivor-\(getpid())-\(server.port)"
            defer { unlink(mark) }
            let clock = ContinuousClock()
            let start = clock.now
            let answer = try await server.run(
                "(sleep 1; echo late && echo later && echo alive > \(mark)) & echo started"
            )
            #expect(answer.stdout == "started")
            #expect(clock.now - start < .milliseconds(900))
            // Waits for the survivor itself, which still writes to the pipe of the command that is over.
            let wait = try await server.run(
                "for i in $(seq 100); do test -s \(mark) && break; sleep 0.05; done; cat \(mark)"
            )
            #expect(wait.stdout == "alive")
        }
    }

    @Test func `what was written before the end is there in full, however much it is`() async throws {
        try await ServerFixture.with { server async throws in
            let answer = try await server.run("(while :; do sleep 5; done) & head -c 3000000 /dev/zero | tr '\\0' x")
            #expect(answer.stdout.utf8.count == 3_000_000)
            #expect(answer.stdoutTruncated == nil)
            server.helper.die()
        }
    }

    @Test func `output beyond the limit is counted, flagged and discarded`() async throws {
        try await ServerFixture.with(configure: { $0.outputLimitBytes = 1000 }) { server async throws in
            let answer = try await server.run("yes | head -c 50000000; echo e >&2")
            #expect(answer.stdout.utf8.count == 999 || answer.stdout.utf8.count == 1000)
            #expect(answer.stdoutTruncated == true && answer.stderrTruncated == nil && answer.stderr == "e")
        }
    }

    @Test func `a timeout ends the tree and is answered as an error`() async throws {
        try await ServerFixture.with { server async throws in
            let answer = try await server.execute(
                ExecuteRequest(command: "X=1; trap '' TERM; while :; do sleep 0.1; done", timeoutMs: 100)
            )
            let body: ErrorBody = try answer.decoded()
            #expect(answer.status == 500 && body.code == "COMMAND_EXECUTION_ERROR")
            #expect(body.message == "Command timeout after 100ms")
            #expect(try await server.run("echo $X", session: "default").stdout == "1", "the session goes on")
        }
    }

    @Test func `a timeout without a session is an exit code`() async throws {
        try await ServerFixture.with { server async throws in
            let request = ExecuteRequest(
                command: "echo begun; sleep 60",
                timeoutMs: 100,
                sessionId: SessionTable.sessionless
            )
            let answer: ExecuteResponse = try await server.execute(request).decoded()
            #expect(answer.exitCode == 124 && answer.stdout == "begun")
            #expect(answer.stderr.contains("Command timeout after 100ms"))
            #expect(server.helper.runningCount == 0 && server.helper.terminations == 1)
        }
    }

    @Test func `a caller that goes away takes its command with it`() async throws {
        try await ServerFixture.with { server async throws in
            let caller = try RawConnection(port: server.port)
            caller.write(
                "POST /api/execute HTTP/1.1\r\nHost: x\r\nContent-Length: 56\r\n\r\n"
                    + "{\"command\":\"sleep 60\",\"sessionId\":\"__DISABLE_SESSION__\"}"
            )
            while server.helper.runningCount == 0 { _ = try await server.send(.GET, "/api/ping") }
            _ = consume caller
            // The next command's turn comes on the same helper connection after the termination was sent.
            for _ in 0..<100 where server.helper.terminations == 0 { _ = try await server.run("sleep 0.02") }
            #expect(server.helper.terminations == 1)
        }
    }

    @Test func `a caller that gives up waiting takes its command with it`() async throws {
        try await ServerFixture.with { server async throws in
            await #expect(throws: (any Error).self) {
                var request = HTTPClientRequest(url: server.url + "/api/execute")
                request.method = .POST
                request.body = .bytes(
                    ByteBuffer(string: #"{"command":"sleep 60","sessionId":"__DISABLE_SESSION__"}"#)
                )
                _ = try await HTTPClient.shared.execute(request, timeout: .milliseconds(500))
            }
            for _ in 0..<100 where server.helper.terminations == 0 { _ = try await server.run("sleep 0.02") }
            #expect(server.helper.terminations == 1)
        }
    }

    @Test func `one connection serves many commands`() async throws {
        try await ServerFixture.with { server async throws in
            for number in 0..<50 { #expect(try await server.run("echo \(number)").stdout == "\(number)") }
        }
    }

    @Test func `many commands run at once without mixing their output`() async throws {
        try await ServerFixture.with { server async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<40 {
                    group.addTask { () async throws in
                        #expect(try await server.run("echo \(number)").stdout == "\(number)")
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test(arguments: [
        (#"{"command":""}"#, 400, "INVALID_COMMAND"),
        (#"{"command":" \n"}"#, 400, "INVALID_COMMAND"),
        (#"{"command":"a\u0000b"}"#, 400, "VALIDATION_FAILED"),
        (#"{}"#, 400, "VALIDATION_FAILED"),
        (#"[]"#, 400, "VALIDATION_FAILED"),
        (#"{"command":7}"#, 400, "VALIDATION_FAILED"),
        (#"{"command":"true","env":{"K":7}}"#, 400, "VALIDATION_FAILED"),
        (#"{"command":"true","env":{"1K":"canary"}}"#, 400, "VALIDATION_FAILED"),
        (#"{"command":"true","env":{"K=x":"canary"}}"#, 400, "VALIDATION_FAILED"),
        (#"{"command":"true","env":{"K":"canary\u0000"}}"#, 400, "VALIDATION_FAILED"),
        (#"{"command":"true","env":{"K":"canary"},"namespace":"user"}"#, 400, "VALIDATION_FAILED"),
        (#"{"command":"true","namespace":"control"}"#, 400, "VALIDATION_FAILED"),
        (#"{"command":"true","timeoutMs":-1}"#, 400, "VALIDATION_FAILED"),
        (#"{"command":"true","timeoutMs":"soon"}"#, 400, "VALIDATION_FAILED"),
        (#"{"command":"true","sessionId":" "}"#, 400, "VALIDATION_FAILED"),
        (#"{"command":"true","cwd":"relative"}"#, 400, "VALIDATION_FAILED"),
        (#"{"command":"true","cwd":"/proc/self/cwd"}"#, 400, "VALIDATION_FAILED"),
        (#"{"command":"true","cwd":"/./proc"}"#, 400, "VALIDATION_FAILED"),
        (#"{"command":"true","cwd":"/tmp/../proc"}"#, 400, "VALIDATION_FAILED"),
        (#"{"command":"true","cwd":"/tmp\u0000"}"#, 400, "VALIDATION_FAILED"),
        (#"{"command":"true","cwd":"/no/such/directory","sessionId":"__DISABLE_SESSION__"}"#, 404, "FILE_NOT_FOUND"),
        (#"{"command":"true","cwd":"/etc/passwd","sessionId":"__DISABLE_SESSION__"}"#, 400, "NOT_DIRECTORY"),
        (#"{"command":"canary"#, 400, "VALIDATION_FAILED"),
    ])
    func `bad input gets a clear error and starts nothing`(_ body: String, _ status: Int, _ code: String) async throws {
        try await ServerFixture.with { server async throws in
            let answer = try await server.send(.POST, "/api/execute", body)
            let error: ErrorBody = try answer.decoded()
            #expect(answer.status == status && error.httpStatus == status && error.code == code)
            #expect(!answer.text.contains("canary"))
            #expect(server.helper.runningCount == 0)
        }
    }

    @Test(arguments: [
        ("/api/execute", #"{"command":"true","timeoutMs":1.5}"#, "timeoutMs"),
        ("/api/execute", #"{"command":"true","other":2.5,"timeoutMs":1e20,"more":[0.5]}"#, "timeoutMs"),
        ("/api/execute", #"{"command":"true","env":{"K":"canary"},"timeoutMs":-0.5}"#, "timeoutMs"),
        ("/api/expose-port", #"{"port":1.5}"#, "port"),
        (
            "/api/backup/upload-parts",
            #"{"archivePath":"/x","parts":[{"partNumber":1,"url":"canary","offset":1.5,"size":1}]}"#, "parts.offset"
        ),
    ])
    func `a number that is no whole one names the field`(_ path: String, _ body: String, _ field: String) async throws {
        try await ServerFixture.with { server async throws in
            let answer = try await server.send(.POST, path, body)
            let error: ErrorBody = try answer.decoded()
            #expect(answer.status == 400 && error.code == "VALIDATION_FAILED")
            #expect(error.message.hasPrefix("\(field) must be a whole number"), "\(error.message)")
            #expect(!answer.text.contains("canary"))
        }
    }

    @Test func `wrong types name the field`() async throws {
        try await ServerFixture.with { server async throws in
            let answer = try await server.send(.POST, "/api/execute", #"{"command":"true","env":{"KEY":["canary"]}}"#)
            let error: ErrorBody = try answer.decoded()
            #expect(
                error.context["validationErrors"] == [
                    ["field": .string("env.KEY"), "message": .string("must be a string")]
                ]
            )
        }
    }

    @Test func `too long commands, environments and bodies are refused`() async throws {
        try await ServerFixture.with(configure: {
            $0.commandLimitBytes = 100
            $0.environmentLimitBytes = 100
            $0.bodyLimitBytes = 2000
        }) { server async throws in
            let long = String(repeating: "x", count: 101)
            #expect(try await server.execute(ExecuteRequest(command: long)).status == 400)
            let env = ["KEY": SecretBytes(Array(long.utf8))]
            #expect(try await server.execute(ExecuteRequest(command: "true", env: env)).status == 400)
            let body = String(repeating: " ", count: 2001)
            #expect(try await server.send(.POST, "/api/execute", body).status == 413)
            #expect(try await server.run("echo still here").stdout == "still here")
        }
    }

    @Test(arguments: [
        (HelperFailure(.noFreeSlot), 503, "CONTAINER_UNAVAILABLE"),
        (HelperFailure(.namespaceDown), 503, "CONTAINER_UNAVAILABLE"),
        (HelperFailure(.isolationUnavailable), 500, "ISOLATION_UNAVAILABLE"),
        (HelperFailure(.stepFailed, stage: .workingDirectory, errno: EACCES), 403, "PERMISSION_DENIED"),
        (HelperFailure(.stepFailed, stage: .userID, errno: EPERM), 500, "COMMAND_EXECUTION_ERROR"),
    ])
    func `the helper's refusals become the API's errors`(
        _ failure: HelperFailure,
        _ status: Int,
        _ code: String
    )
        async throws
    {
        try await ServerFixture.with(refusal: failure) { server async throws in
            let answer = try await server.execute(ExecuteRequest(command: "true"))
            #expect(answer.status == status)
            #expect(try answer.decoded(ErrorBody.self).code == code)
            #expect(answer.headers.contains(name: "retry-after") == (status == 503))
        }
    }

    @Test func `without the demanded isolation nothing is started`() async throws {
        try await ServerFixture.with(mode: nil) { server async throws in
            let answer = try await server.execute(ExecuteRequest(command: "true"))
            let error: ErrorBody = try answer.decoded()
            #expect(answer.status == 500 && error.code == "ISOLATION_UNAVAILABLE")
            #expect(error.context["remedy"] == .string("Add SYS_ADMIN.") && server.helper.spawned.isEmpty)
            #expect(try await server.send(.GET, "/health").status == 503)
        }
    }

    @Test func `a dead helper gives 503 to running and to new commands`() async throws {
        try await ServerFixture.with { server async throws in
            async let running = server.execute(ExecuteRequest(command: "sleep 20"))
            while server.helper.runningCount == 0 { _ = try await server.send(.GET, "/api/ping") }
            server.helper.die()
            #expect(try await running.status == 503)
            #expect(try await server.execute(ExecuteRequest(command: "true")).status == 503)
            #expect(try await server.send(.GET, "/health").status == 503)
        }
    }
}
