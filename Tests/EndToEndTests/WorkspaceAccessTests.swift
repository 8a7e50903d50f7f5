import FoundationEssentials
import HelperProtocol
import SandboxAPI
import SandboxClient
import SandboxTestSupport
import Testing

/// `workspace: rw | ro | none`: what a command in a cell has of the workspace.
@Suite(.timeLimit(.minutes(20)))
struct WorkspaceAccessTests {
    private func run(
        _ command: String,
        _ access: WorkspaceAccessName?,
        cwd: String? = nil,
        session: String = API.sessionless,
        on pair: Pair
    ) async throws -> ExecuteResponse {
        let answer = try await pair.api.attempt(
            ExecuteRequest(
                command: command,
                env: ["TOKEN": SecretBytes(Array("x".utf8))],
                cwd: cwd,
                sessionId: session,
                workspace: access
            )
        )
        guard answer.status == 200 else { throw UnexpectedAnswer(answer) }
        return try answer.decoded(ExecuteResponse.self)
    }

    @Test func `a command with ro reads the workspace and changes nothing in it`() async throws {
        try await PairFixture.with { pair in
            _ = try await pair.api.output("mkdir -p a/b && echo old > a/b/file")
            let change = """
                cat a/b/file; cd a/b; echo new > file; rm file; mv file other; touch new; mkdir d; chmod 777 file; ln file l
                mount -o remount,rw \(pair.workspace); umount \(pair.workspace); echo x > /tmp/own && cat /tmp/own
                """
            let answer = try await run(change, .readOnly, on: pair)
            #expect(answer.stdout == "old\nx", "\(answer.stderr)")
            #expect(answer.stderr.ranges(of: "Read-only file system").count >= 6, "\(answer.stderr)")
            #expect(try await pair.api.output("cd a/b; ls; cat file") == "file\nold")
            // Others' are as they were, also at the same time; and without the field everything is.
            for access in [nil, WorkspaceAccessName.readWrite] {
                #expect(try await run("echo new > a/b/file", access, on: pair).success)
            }
            #expect(try await pair.api.output("cat a/b/file && touch here") == "new")
        }
    }

    @Test func `a command with none has an empty directory of its own in the workspace's place`() async throws {
        try await PairFixture.with { pair in
            _ = try await pair.api.output("mkdir a && echo planted > .planted && cd a", session: "s")
            for session in [API.sessionless, "s"] {
                let look =
                    "pwd; ls -A; find / -name .planted 2>/dev/null; umount \(pair.workspace); echo x > own && cat own"
                let answer = try await run(look, .empty, session: session, on: pair)
                #expect(answer.stdout == "\(pair.workspace)\nx", "\(answer.stderr)")
            }
            #expect(try await pair.api.output("ls -A") == ".planted\na")
            #expect(
                try await run("cat .planted; find / -name .planted 2>/dev/null", nil, on: pair).stdout
                    == "planted\n\(pair.workspace)/.planted"
            )
            let missing = try await pair.api.attempt(
                ExecuteRequest(
                    command: "true",
                    env: ["TOKEN": SecretBytes([1])],
                    cwd: pair.workspace + "/a",
                    sessionId: API.sessionless,
                    workspace: .empty
                )
            )
            #expect(missing.status == 404, "\(missing.text)")
        }
    }

    @Test func `processes and streams have it too`() async throws {
        try await PairFixture.with { pair in
            let body = #""command":"touch here","env":{"TOKEN":"x"},"workspace":"ro","sessionId":"__DISABLE_SESSION__""#
            let events = try await pair.api.events("/api/execute/stream", "{\(body)}")
            #expect(events.last?.exitCode == 1)
            let _: ProcessStartResponse = try await pair.api.success(
                "/api/process/start",
                #"{"processId":"p",\#(body)}"#
            )
            let logs = try await pair.api.events("/api/process/p/stream")
            #expect(logs.last?.exitCode == 1)
            #expect(try await pair.api.output("ls -A") == "")
        }
    }

    @Test func `where it cannot be had it is refused`() async throws {
        try await PairFixture.with { pair in
            for (path, body) in [
                ("/api/execute", #""command":"true""#),
                ("/api/execute/stream", #""command":"true","namespace":"user""#),
                ("/api/process/start", #""command":"true","env":{"LANG":"C"}"#),
                ("/api/session/create", #""env":{"TOKEN":"x"}"#), ("/api/contexts", #""env_vars":{"TOKEN":"x"}"#),
                ("/api/execute/code", #""code":"1","env_vars":{"TOKEN":"x"}"#),
            ] {
                for access in ["ro", "none", "some"] {
                    let answer = try await pair.api.post(path, json: #"{\#(body),"workspace":"\#(access)"}"#)
                    #expect(answer.status == 400 && answer.text.contains("workspace"), "\(path): \(answer.text)")
                }
            }
        }
        for (mode, options) in [
            ("users", try PairOptions.engineDefaults()),
            ("none", PairOptions(isolation: "none", settings: ["accept-unprotected-credentials": "none"])),
        ] {
            try await PairFixture.with(options) { pair in
                let body = #"{"command":"true","env":{"TOKEN":"x"},"workspace":"ro"}"#
                let answer = try await pair.api.post("/api/execute", json: body)
                #expect(answer.status == 400 && answer.text.contains("this is \(mode)"), "\(answer.text)")
            }
        }
    }

    @Test func `a client passes its choice on with everything that it runs`() async throws {
        try await PairFixture.with { pair async throws in
            let sandbox = try SandboxClient(baseURL: "http://127.0.0.1:\(pair.apiPort)").withWorkspace(.readOnly)
            for client in [sandbox, sandbox.withoutSession, sandbox.inSession("s")] {
                #expect(try await client.exec("touch new", env: ["TOKEN": "x"]).stderr.contains("Read-only"))
                let process = try await client.start("touch new", env: ["TOKEN": "x"])
                #expect(try await process.waitForExit() == 1)
            }
            // What cannot have less is refused, never done with all of it.
            await #expect(throws: SandboxClientError.self) { try await sandbox.exec("true") }
            await #expect(throws: SandboxClientError.self) { try await sandbox.createSession("less") }
            await #expect(throws: SandboxClientError.self) { try await sandbox.createCodeContext(.python) }
            await #expect(throws: SandboxClientError.self) { try await sandbox.checkOut("http://127.0.0.1:1/x.git") }
            let clone = #"{"repoUrl":"http://127.0.0.1:1/x.git","workspace":"none"}"#
            #expect(try await pair.api.post("/api/git/checkout", json: clone).status == 400)
            #expect(try await sandbox.inCells.exec("id -u").stdout == "\(pair.ids.secure)")
        }
    }
}
