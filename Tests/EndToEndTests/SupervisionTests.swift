import Glibc
import HelperClient
import HelperProtocol
import SandboxAPI
import SandboxTestSupport
import Testing

/// G9: a crashed server comes back, a stopped one harms nobody, and nothing runs unsupervised.
@Suite(.timeLimit(.minutes(20)))
struct SupervisionTests {
    @Test func `a stop gives everything that runs the grace time to end by itself`() async throws {
        try await PairFixture.with { pair in
            let places = [
                ("session", #""sessionId":"s""#), ("alone", #""sessionId":"\#(API.sessionless)""#),
                ("cell", #""env":{"TOKEN":"x"}"#),
            ]
            for (name, field) in places {
                let trap = "trap 'sleep 0.5; echo saved >\(name); exit' TERM"
                let command = "\(trap); touch \(name); while :; do sleep 0.05; done"
                let body = #"{"command":"\#(command)",\#(field)}"#
                let answer = try await pair.api.post("/api/process/start", json: body)
                #expect(answer.status == 200, "\(answer.text)")
                _ = try await pair.api.execute("until [ -e \(name) ]; do sleep 0.05; done")
            }
            pair.helper.signal(SIGTERM)
            #expect(try await pair.helper.end == .exited(0))
            for (name, _) in places {
                #expect(FileBytes.read(pair.workspace + "/" + name) == Array("saved\n".utf8), "\(name)")
            }
        }
    }

    @Test(arguments: [NamespaceName.user, .secure])
    func `a server killed in the middle of a command is replaced, and its commands are gone`(
        in namespace: NamespaceName
    ) async throws {
        try await PairFixture.with { pair in
            let duration = Canary.duration(1000)
            let meeting = try await Rendezvous(pair, "killed")
            async let answer = pair.api.attempt(
                ExecuteRequest(
                    command: "\(Canary.sleeper(duration)); \(meeting.meet)",
                    env: ["TERM": SecretBytes(Array("dumb".utf8))],
                    namespace: namespace
                )
            )
            try await meeting.arrived()
            let sleepers = try HostProcesses.withArgument("sleep\0\(duration)").map { try ProcessWatch($0) }
            #expect(sleepers.count == 1)
            let old = try #require(pair.serverPID)
            kill(old, SIGKILL)
            var cut: Result<Answer, any Error>?
            do { cut = .success(try await answer) } catch { cut = .failure(error) }
            #expect(throws: (any Error).self) { try cut?.get() }
            for sleeper in sleepers { try await sleeper.end() }

            let health = try await pair.api.health()
            #expect(health.status == "healthy" && health.serverRestarts == 1)
            #expect(pair.serverPID != nil && pair.serverPID != old)
            #expect(health.namespaces.allSatisfy { $0.generation == 1 && $0.running == 0 })
            #expect(try await pair.api.output("echo again", namespace: namespace) == "again")
        }
    }

    @Test func `what an ended command left running in user survives the server`() async throws {
        try await PairFixture.with { pair in
            let pid = try await pair.api.output("sleep 1000 & echo $!")
            kill(try #require(pair.serverPID), SIGKILL)
            #expect(try await pair.api.execute("kill -0 \(pid)").success)
        }
    }

    @Test func `SIGTERM ends the pair in order, with everything in it`() async throws {
        try await PairFixture.with { pair in
            let duration = Canary.duration(1000)
            _ = try await pair.api.output(
                "(setsid sleep \(duration); true) & (trap '' TERM; sleep \(duration); true) &"
            )
            let meeting = try await Rendezvous(pair, "stop")
            async let answer = pair.api.attempt(ExecuteRequest(command: meeting.meet, namespace: .secure))
            try await meeting.arrived()
            let left = try (Array(pair.inits.values) + [#require(pair.serverPID)]).map { try ProcessWatch($0) }
            pair.helper.signal(SIGTERM)
            #expect(try await pair.helper.end == .exited(0))
            _ = try? await answer
            for process in left { try await process.end() }
            #expect(HostProcesses.withArgument(duration).isEmpty)
            // The ports are free again.
            let attempts = try await ChildProcess.run(["sh", "-c", BindAttempts.command(port: pair.apiPort)])
            #expect(attempts.output.contains(" taken"))
        }
    }

    @Test func `a helper that is killed takes everything down at once`() async throws {
        try await PairFixture.with { pair in
            let duration = Canary.duration(1000)
            _ = try await pair.api.output(Canary.sleeper(duration))
            let left = try
                (Array(pair.inits.values) + [#require(pair.serverPID)]
                + HostProcesses.withArgument("sleep\0\(duration)")).map { try ProcessWatch($0) }
            #expect(left.count == 5)
            pair.helper.signal(SIGKILL)
            for process in left { try await process.end() }
            #expect(try await pair.helper.end == .signaled(SIGKILL))
        }
    }

    @Test func `a stopped server stops neither the helper nor its commands`() async throws {
        try await PairFixture.with { pair in
            let server = try #require(pair.serverPID)
            kill(server, SIGSTOP)
            #expect(try await pair.shell("echo user").text == "user")
            let secure = try await pair.shell("echo secure", in: .secure)
            #expect(secure.text == "secure")
            #expect(try await pair.client.status().serverRestarts == 0)
            async let late = pair.api.health()
            let attempts = try await pair.shell(BindAttempts.command(port: pair.apiPort))
            #expect(attempts.lines.count == BindAttempts.count)
            #expect(attempts.lines.allSatisfy { $0.hasSuffix(" EADDRINUSE") })
            kill(server, SIGCONT)
            let health = try await late
            #expect(health.status == "healthy")
            #expect(pair.serverPID == server)
        }
    }

    @Test func `a thousand callers may wait while the server cannot accept, before and after it is started anew`()
        async throws
    {
        try await PairFixture.with { pair in
            for _ in 0..<2 {
                // An answer shows that the server has listened for the last time; ss(8) shows the queue in `Send-Q`.
                #expect(try await pair.api.health().status == "healthy")
                for port in [pair.apiPort, pair.jupyterPort] {
                    let sockets = try await ChildProcess.run(["ss", "-Hltn", "sport = :\(port)"])
                    #expect(sockets.output.split(separator: " ").dropFirst(2).first == "1024", "\(sockets.output)")
                }
                let server = try ProcessWatch(#require(pair.serverPID))
                server.signal(SIGKILL)
                try await server.end()
            }
        }
    }

    @Test func `a namespace made anew serves on`() async throws {
        try await PairFixture.with { pair in
            let pid = try await pair.api.output("sleep 1000 & echo $!")
            let mark = try await pair.api.output("touch /tmp/mark && echo made")
            #expect(mark == "made")
            #expect(try await pair.client.reset(.user) == 2)
            let after = try await pair.api.execute("kill -0 \(pid); ls /tmp")
            #expect(!after.stdout.contains("mark") && after.stderr.contains("No such process"))
            #expect(try await pair.api.health().namespaces.first { $0.name == "user" }?.generation == 2)
        }
    }

    @Test func `a server setting that cannot work ends the pair with one line`() async throws {
        let place = "/var/lib/sandbox-settings-\(getpid())"
        guard mkdir(place, 0o755) == 0, mkdir(place + "/workspace", 0o755) == 0 else {
            throw TestFailure("cannot make \(place)")
        }
        defer { DirectoryListing.remove(place) }
        for (name, value) in [
            ("server-shell", "/no/such/shell"), ("server-grace-ms", "whenever"), ("server-log-level", "deafening"),
            ("server-access-token-file", "/no/such/file"), ("server-neutral-variables", "A*B"),
        ] {
            // Not by the fixture: this pair may be gone before anybody could greet it.
            let end = try await ChildProcess.run([
                TestPrograms.path("ns-helper"), "--config=/dev/null", "--isolation=none", "--api-port=0",
                "--jupyter-port=0", "--workspace=\(place)/workspace", "--socket=\(place)/helper.sock",
                "--\(name)=\(value)",
            ])
            #expect(end.end == .exited(78), "\(name): \(end.errors)")
            let variable = "SANDBOX_" + name.uppercased().replacing("-", with: "_")
            #expect(end.errors.split(separator: "\n").filter { $0.contains(variable) }.count == 1, "\(end.errors)")
            #expect(!end.errors.contains(value), "\(end.errors)")
        }
    }

    @Test func `several pairs live side by side and know nothing of each other`() async throws {
        try await PairFixture.with { one in
            try await PairFixture.with { two in
                let duration = Canary.duration(1000)
                _ = try await one.api.output("sleep \(duration) & touch /tmp/of-one")
                #expect(one.apiPort != two.apiPort && one.ids.user != two.ids.user)
                #expect(try await !two.api.output("ps aux; ls /tmp; ls -R /run").contains(duration))
                let file = try await two.api.execute("ls \(one.workspace) && touch \(one.workspace)/x")
                #expect(!file.success)
                _ = try await two.api.execute("kill -9 -1; pkill -9 sleep")
                #expect(try await one.api.output("pgrep -fc 'slee[p] \(duration)'") == "1")
                kill(try #require(two.serverPID), SIGKILL)
                #expect(try await two.api.health().serverRestarts == 1)
                #expect(try await one.api.health().serverRestarts == 0)
            }
            #expect(try await one.api.health().status == "healthy")
        }
    }
}
