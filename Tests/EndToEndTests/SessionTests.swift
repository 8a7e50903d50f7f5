import FoundationEssentials
import HelperClient
import HelperProtocol
import NIOHTTP1
import SandboxAPI
import SandboxTestSupport
import Testing

/// Sessions: one persistent shell each, in the user namespace or in a cell of its own.
@Suite(.timeLimit(.minutes(20)))
struct SessionTests {
    @Test func `what a command changes in the shell is there for the next`() async throws {
        try await PairFixture.with { pair in
            let api = pair.api
            _ = try await api.execute(
                "cd /usr; A=plain; export B=exported; f() { echo f$A; }; alias q='echo aliased'; set -f; shopt -s nullglob",
                session: "s"
            )
            let text = try await api.output(
                "pwd; f; q; echo $B; printenv B A; [[ $- == *f* ]] && shopt -q nullglob && echo options; true",
                session: "s"
            )
            #expect(text == "/usr\nfplain\naliased\nexported\nexported\noptions")
            #expect(try await api.output("echo ${A-none}$(pwd)", session: "t") == "none" + pair.workspace)
            #expect(try await api.output("echo ${A-none}", session: nil) == "none", "the default session is another")
        }
    }

    @Test func `a directory and neutral variables of one command do not stay`() async throws {
        try await PairFixture.with { pair in
            let api = pair.api
            // The directory of a session's first command is where its shell begins.
            _ = try await api.execute("true", session: "s")
            let response = try await api.execute(
                "pwd; echo $TZ; printenv TZ; cd /; A=kept",
                env: ["TZ": "it's"],
                cwd: "/usr",
                session: "s"
            )
            #expect(response.stdout == "/usr\nit's\nit's" && response.namespace == .user)
            #expect(try await api.output("pwd; echo ${TZ-unset}$A", session: "s") == pair.workspace + "\nunsetkept")
            let failed = try await api.execute("echo never", cwd: "/no/such/place", session: "s")
            #expect(failed.exitCode == 1 && failed.stdout.isEmpty && failed.stderr.contains("/no/such/place"))
        }
    }

    @Test(arguments: ["-x", "--version", "+e", "-- true"])
    func `a command that begins like an option is a command like any other`(_ command: String) async throws {
        try await PairFixture.with { pair in
            for session in ["s", API.sessionless] {
                let response = try await pair.api.execute(command, session: session)
                #expect(response.exitCode == 127, "\(session): \(response)")
                let cell = try await pair.api.execute(command, env: ["TOKEN": "x"], session: session)
                #expect(cell.exitCode == 127, "\(session): \(cell)")
            }
        }
    }

    @Test func `who waits in a session whose shell ends is told, and runs in no other shell unasked`() async throws {
        try await PairFixture.with { pair in
            let api = pair.api
            async let first = api.attempt(
                ExecuteRequest(command: "touch up; until [ -e go ]; do sleep 0.05; done; exit 3", sessionId: "s")
            )
            _ = try await api.execute("until [ -e up ]; do sleep 0.05; done")
            async let second = api.attempt(ExecuteRequest(command: "touch ran", sessionId: "s"))
            // Time for the second to begin to wait.
            _ = try await api.execute("sleep 1; touch go")
            for answer in [try await first, try await second] {
                let failure = try answer.failure
                #expect(answer.status == 410 && failure.code == "SESSION_TERMINATED", "\(answer.text)")
            }
            #expect(try await api.output("[ -e ran ] || echo free", session: "s") == "free")
        }
    }

    @Test(arguments: [
        ("exit 42", 42), ("set -e; false", 1), ("exec true", 0), ("kill -KILL $$", 137), ("set -u; echo $never_set", 1),
    ])
    func `the end of the shell is told once, and the next command has a fresh one`(
        _ command: String,
        _ status: Int
    ) async throws {
        try await PairFixture.with { pair in
            let api = pair.api
            _ = try await api.execute("A=1", session: "s")
            let answer = try await api.attempt(ExecuteRequest(command: command, sessionId: "s"))
            let failure = try answer.failure
            #expect(answer.status == 410 && failure.code == "SESSION_TERMINATED")
            #expect(failure.message.contains("shell exited (exit code: \(status))"))
            #expect(failure.context["exitCode"] == .integer(status) && failure.context["sessionId"] == .string("s"))
            #expect(try await api.output("echo fresh${A-}", session: "s") == "fresh")
        }
    }

    @Test(arguments: [
        ("echo \"never closed", 2, "unexpected EOF"), ("cat <<END\nhello", 0, "here-document"),
        ("if true; then", 2, "syntax"),
        ("echo 'it", 2, "unexpected EOF"), ("echo $(echo", 2, ""), (") nonsense", 2, "syntax"),
    ])
    func `what is not closed is an error and no hang, and the session goes on`(
        _ command: String,
        _ exitCode: Int,
        _ words: String
    ) async throws {
        try await PairFixture.with { pair in
            _ = try await pair.api.execute("A=still", session: "s")
            let response = try await pair.api.execute(command, session: "s")
            #expect(response.exitCode == exitCode || (exitCode == 2 && response.exitCode == 1), "\(response)")
            #expect(response.stderr.contains(words))
            #expect(try await pair.api.output("echo $A", session: "s") == "still")
        }
    }

    @Test(arguments: [
        "sleep 1017; echo never", "while :; do :; done; echo never",
        "f() { while true; do g; done; }; g() { :; }; f; echo never", "trap '' TERM; sleep 1017 & wait; echo never",
        "for ((;;)); do sleep 0.01; done", "cat /dev/zero > /dev/null",
    ])
    func `a timed-out command is gone and its session is as it was`(_ command: String) async throws {
        try await PairFixture.with(PairOptions(settings: ["server-grace-ms": "200"])) { pair in
            let api = pair.api
            // What began in the same clock tick as a command counts as its own: proc(5), starttime.
            _ = try await api.execute("cd /usr; A=kept; sleep 999 & command sleep 0.1", session: "s")
            let answer = try await api.attempt(ExecuteRequest(command: command, timeoutMs: 200, sessionId: "s"))
            #expect(answer.status == 500)
            #expect(try answer.failure.message == "Command timeout after 200ms")
            #expect(try await api.output("pwd; echo $A; jobs -r | grep -c 999", session: "s") == "/usr\nkept\n1")
            #expect(HostProcesses.withArgument("sleep\u{0}1017").isEmpty)
        }
    }

    @Test func `commands of one session wait for each other, those of two do not`() async throws {
        try await PairFixture.with { pair in
            let api = pair.api
            let meeting = try await Rendezvous(pair, "held")
            async let held = api.output(meeting.meet + "; echo first", session: "a")
            try await meeting.arrived()
            #expect(try await api.output("echo other", session: "b") == "other")
            async let second = api.output("echo second", session: "a")
            try await meeting.release()
            #expect(try await held.hasSuffix("first"))
            #expect(try await second == "second")
        }
    }

    @Test func `sessions are made, listed, refused twice, and deleted with what runs in them`() async throws {
        try await PairFixture.with { pair in
            let api = pair.api
            func post(_ path: String, _ body: String) async throws -> Answer {
                try await api.request(.POST, path, body: Array(body.utf8))
            }
            let created = try await post(
                "/api/session/create",
                #"{"id":"s","cwd":"/usr","env":{"TERM":"dumb","X":null}}"#
            )
            #expect(try created.decoded(SessionCreateAnswer.self).data.namespace == .user)
            let again = try await post("/api/session/create", #"{"id":"s"}"#)
            #expect(again.status == 409)
            #expect(try again.failure.code == "SESSION_ALREADY_EXISTS")
            #expect(try again.failure.context.keys.contains("containerPlacementId"))
            #expect(try await api.output("pwd; echo $TERM", session: "s") == "/usr\ndumb")
            let unnamed = try await post("/api/session/create", "").decoded(SessionCreateAnswer.self)
            #expect(unnamed.data.id.hasPrefix("session_"))
            let list = try await api.request(.GET, "/api/session/list").decoded(SessionListAnswer.self)
            #expect(Set(list.data) == ["s", unnamed.data.id])

            let duration = Canary.duration(1000)
            _ = try await api.execute("sleep \(duration) & (setsid sleep \(duration) &)", session: "s")
            #expect(try await post("/api/session/delete", #"{"sessionId":"s"}"#).status == 200)
            #expect(HostProcesses.withArgument(duration).isEmpty)
            let gone = try await post("/api/session/delete", #"{"sessionId":"s"}"#)
            #expect(gone.status == 500)
            #expect(try gone.failure.message.contains("not found"))
            #expect(try await post("/api/session/delete", "{}").status == 400)
        }
    }

    @Test func `a session with a credential has a cell for its lifetime, and nobody else sees in`() async throws {
        try await PairFixture.with { pair in
            let api = pair.api
            let secret = "s3cr3t-\(UInt64.random(in: 0 ... .max))"
            let body = #"{"id":"safe","env":{"TOKEN":"\#(secret)"}}"#
            let created = try await api.request(.POST, "/api/session/create", body: Array(body.utf8))
            #expect(!created.text.contains(secret))
            #expect(try created.decoded(SessionCreateAnswer.self).data.namespace == .secure)
            let inside = try await api.execute("echo $TOKEN; A=1; echo x > /tmp/private", session: "safe")
            #expect(inside.stdout == secret && inside.namespace == .secure)
            #expect(try await api.output("cat /tmp/private; echo $A", session: "safe") == "x\n1", "one cell, one shell")
            let look = "cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr '\\0' '\\n'; ls /tmp; env; ps axeww"
            #expect(try await !api.output(look + "; true", session: "other").contains(secret))
            #expect(try await !api.output("ls /tmp", session: "other").contains("private"))
        }
    }

    @Test func `a credential of one command reaches neither its session nor anybody else`() async throws {
        try await PairFixture.with { pair in
            let api = pair.api
            _ = try await api.execute("mkdir -p deep; cd deep", session: "s")
            let response = try await api.execute("pwd; echo $KEY", env: ["KEY": "k3y"], session: "s")
            #expect(response.stdout == pair.workspace + "/deep\nk3y" && response.namespace == .secure)
            #expect(try await api.output("echo ${KEY-none}; pwd", session: "s") == "none\n" + pair.workspace + "/deep")
        }
    }

    @Test func `output of what an earlier command left behind does not mix into the next`() async throws {
        try await PairFixture.with { pair in
            let api = pair.api
            let first = try await api.output("(while :; do echo noise; sleep 0.01; done) & echo one", session: "s")
            #expect(first.contains("one"))
            for number in 0..<20 {
                #expect(try await api.output("echo \(number)", session: "s") == "\(number)")
            }
        }
    }

    @Test(arguments: ["/proc", "/proc/self", "//proc"])
    func `a session that is where nothing can be started harms nobody`(_ directory: String) async throws {
        try await PairFixture.with { pair in
            _ = try await pair.api.execute("cd \(directory)", session: "s")
            let server = pair.serverPID
            let response = try await pair.api.execute("pwd; echo $KEY", env: ["KEY": "k"], session: "s")
            #expect(response.stdout == pair.workspace + "\nk")
            #expect(pair.serverPID == server)
        }
    }

    @Test func `a quote under a combining mark is still a quote to the shell`() async throws {
        try await PairFixture.with { pair in
            let text = "x'\u{301}; echo INJECTED; : '"
            let response = try await pair.api.execute("printf %s \"$TZ\"", env: ["TZ": text], session: "s")
            #expect(response.stdout == text && response.stderr.isEmpty)
            let failed = try await pair.api.execute("true", cwd: "/none" + text, session: "s")
            #expect(failed.exitCode == 1 && !failed.stdout.contains("INJECTED"))
        }
    }

    @Test func `a keeper that user code stops or kills costs its own session and nobody else's`() async throws {
        try await PairFixture.with(PairOptions(settings: ["server-grace-ms": "100"])) { pair in
            let api = pair.api
            _ = try await api.execute("true", session: "other")
            let stopped = try await api.attempt(
                ExecuteRequest(command: "kill -STOP $PPID; sleep 1000", timeoutMs: 200, sessionId: "s")
            )
            #expect(stopped.status == 500)
            let killed = try await api.attempt(ExecuteRequest(command: "kill -KILL $PPID; sleep 1000", sessionId: "t"))
            #expect(killed.status == 410)
            #expect(try await api.output("echo on", session: "t") == "on")
            #expect(try await api.output("echo on", session: "other") == "on")
        }
    }

    @Test func `a session in a cell that has ended comes back in a cell, with its variables`() async throws {
        try await PairFixture.with { pair in
            let api = pair.api
            let session = #"{"id":"vault","env":{"TOKEN":"t"}}"#
            #expect(try await api.post("/api/session/create", json: session).status == 200)
            for _ in 0..<3 {
                let ended = try await api.attempt(
                    ExecuteRequest(command: "touch $HOME/old; exit 3", sessionId: "vault")
                )
                #expect(ended.status == 410, "\(ended.text)")
                let seen = try await api.output("echo $TOKEN; id -u; ls $HOME", session: "vault")
                #expect(seen == "t\n\(pair.ids.secure)")
            }
            // Nobody gets a place in user under its name, until it is deleted.
            _ = try await api.attempt(ExecuteRequest(command: "exit", sessionId: "vault"))
            let process = try await api.post("/api/process/start", json: #"{"command":"id -u","sessionId":"vault"}"#)
            #expect(process.status == 200, "\(process.text)")
            #expect(try await api.output("id -u", session: "vault") == "\(pair.ids.secure)")
            _ = try await api.attempt(ExecuteRequest(command: "exit", sessionId: "vault"))
            #expect(try await api.request(.GET, "/api/session/list").text.contains("vault"))
            #expect(try await api.post("/api/session/delete", json: #"{"sessionId":"vault"}"#).status == 200)
            #expect(try await api.output("id -u", session: "vault") == "\(pair.ids.user)")
        }
    }

    #if arch(x86_64)
        @Test func `a copy that user code makes of a keeper does not pass for it`() async throws {
            try await PairFixture.with { pair in
                // fork(2) in the keeper's place, where it waits in a system call: whoever may debug it can do that. The
                // copy holds the keeper's sockets open, so their end tells nobody that the keeper is gone.
                let fork = [
                    "set $rip=$rip-2", "set $orig_rax=-1", "set $rax=57", "stepi", #"printf "copy %d\n", (int)$rax"#,
                ].map { "-ex '\($0)'" }.joined(separator: " ")
                let copy = "gdb -q -batch -p $PPID \(fork) 2>&1 | sed -n 's/^copy //p' >copy; kill -0 $(cat copy)"
                // No time limit: without the helper's word this would be waited for.
                let killed = try await pair.api.attempt(
                    ExecuteRequest(command: "\(copy) && kill -KILL $PPID; sleep 1000", sessionId: "s")
                )
                #expect(killed.status == 410, "\(killed.text)")
                #expect(try await pair.api.output("echo on", session: "s") == "on")
            }
        }
    #endif
}
