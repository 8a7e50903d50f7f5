import Glibc
import HelperClient
import HelperProtocol
import SandboxTestSupport
import Testing

/// The helper as the parent of everything.
@Suite(.timeLimit(.minutes(20)))
struct SupervisionTests {
    @Test func `the end of the helper is the end of everything`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let probe = try pair.installStateProbe()
            for namespace in [SandboxNamespace.user, .secure] {
                let command = try await pair.start([probe, "tree", "stay"], in: namespace)
                try await command.output.wait(for: "ready")
            }
            _ = try await pair.shell("setsid sleep 1000 >/dev/null 2>&1 &")
            let watches = try pair.processes.compactMap { pid in
                ProcessFile.status(pid)["State"]?.first == "Z" ? nil : try ProcessWatch(pid)
            }
            #expect(watches.count >= 4 + 12 + 1)
            pair.helper.signal(SIGKILL)
            for watch in watches { try await watch.end() }
            let end = try await pair.helper.end
            #expect(end == .signaled(SIGKILL))
        }
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `a stop is orderly and within the grace time`(number: Int32) async throws {
        var options = PairOptions.helperOnly
        options.settings = ["grace-ms": "300", "server-stand-in": "stay"]
        try await PairFixture.with(options) { pair in
            let polite = try await pair.startShell(
                "trap 'echo saved >polite; exit 0' TERM; echo up; while :; do sleep 0.01; done",
                until: "up"
            )
            let deaf = try await pair.startShell(
                "trap '' TERM; echo up; while :; do sleep 1; done",
                in: .secure,
                until: "up"
            )
            let inits = try pair.inits.values.map { try ProcessWatch($0) }
            let clock = ContinuousClock.now
            pair.helper.signal(number)
            let end = try await pair.helper.end
            let needed = ContinuousClock.now - clock
            #expect(end == .exited(0))
            #expect(needed >= .milliseconds(300) && needed < .seconds(10), "\(needed)")
            for watch in inits { try await watch.end() }
            #expect(FileBytes.read(pair.workspace + "/polite") == Array("saved\n".utf8))
            #expect(access(pair.socketPath, F_OK) != 0)
            #expect(polite.process.handle != deaf.process.handle)
        }
    }

    @Test func `a stop does not wait for interactive shells, which ignore SIGTERM`() async throws {
        var options = PairOptions.helperOnly
        options.settings = ["grace-ms": "60000"]
        try await PairFixture.with(options) { pair in
            let shells = [
                try await pair.startInTerminal(["/bin/bash", "--norc", "-i"]),
                try await pair.startInTerminal(["/bin/bash", "--norc", "-i"], in: .secure),
            ]
            for shell in shells { #expect(try await shell.output.wait(for: "$ ")) }
            let clock = ContinuousClock.now
            pair.helper.signal(SIGTERM)
            #expect(try await pair.helper.end == .exited(0))
            #expect(ContinuousClock.now - clock < .seconds(30))
        }
    }

    @Test func `SIGHUP changes nothing`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            pair.helper.signal(SIGHUP)
            let result = try await pair.shell("echo alive")
            #expect(result.text == "alive")
        }
    }

    @Test func `a killed server is restarted and what it ran is dead`() async throws {
        var options = PairOptions.helperOnly
        options.settings = ["server-stand-in": "spawn"]
        try await PairFixture.with(options) { pair in
            try #require(try await pair.helper.output.wait(for: "spawned"), "\(pair.helper.output.text)")
            let mine = try await pair.startShell("echo up; exec sleep 1000", until: "up")
            let server = try #require(pair.serverPID)
            let running = ProcessFile.processes(of: [pair.ids.user, pair.ids.secure]).filter {
                ProcessFile.text($0, "cmdline") == "sleep\0" + "1000\0"
            }
            let before = try await pair.client.status()
            #expect(before.processes.count == 3)
            let watches = try running.map { try ProcessWatch($0) }
            kill(server, SIGKILL)
            try #require(try await pair.helper.errors.wait(for: "the server was ended by signal 9"))
            // Nobody can take the port in between.
            for port in [pair.apiPort, pair.jupyterPort] {
                let taken = try await pair.run([
                    "python3", "-c", "import socket; s = socket.socket(); s.bind(('127.0.0.1', \(port)))",
                ])
                #expect(taken.errorText.contains("Address already in use"))
            }
            // The new server starts its own two; of the old ones none is left, mine still runs.
            while try await pair.client.status().serverRestarts == 0 || pair.serverPID == nil { await Task.yield() }
            #expect(pair.serverPID != server)
            let left = watches.filter { !$0.hasEnded }
            #expect(left.count == 1)
            try await mine.process.terminate(grace: .zero)
            let end = try await mine.process.exitStatus
            #expect(end.cause == .signaled(9))
        }
    }

    @Test func `a crashing server is restarted ever more slowly, and clients never see a refused port`() async throws {
        var options = PairOptions.helperOnly
        options.settings = ["server-stand-in": "crash"]
        try await PairFixture.with(options) { pair in
            let clock = ContinuousClock.now
            while try await pair.client.status().serverRestarts < 4 {
                let refused = try await ChildProcess.run([
                    "python3", "-c", "import socket; socket.create_connection(('127.0.0.1', \(pair.apiPort)), 5)",
                ])
                #expect(refused.end == .exited(0), "\(refused.errors)")
            }
            // 100 + 200 + 400 milliseconds lie before the fourth end.
            #expect(ContinuousClock.now - clock >= .milliseconds(500))
            #expect(pair.helper.errors.text.contains("signal 6"))
            let result = try await pair.shell("echo alive", in: .secure)
            #expect(result.text == "alive")
        }
    }

    @Test func `a server that calls its configuration impossible ends the pair with the same status`() async throws {
        var options = PairOptions.helperOnly
        options.settings = ["server-stand-in": "exit=78"]
        let (end, _, log) = try await PairFixture.runToEnd(options)
        #expect(end == .exited(78))
        #expect(log.contains("the server exited with status 78"))
    }

    @Test func `a server program that is missing is tried again while commands are served`() async throws {
        var options = PairOptions.helperOnly
        options.server = .program("/no/such/server")
        try await PairFixture.with(options) { pair in
            try #require(try await pair.helper.errors.wait(for: "the server cannot be started"))
            let result = try await pair.shell("echo alive")
            #expect(result.text == "alive")
        }
    }

    @Test func `pairs side by side do not see each other`() async throws {
        try await PairFixture.with(.helperOnly) { first in
            try await PairFixture.with(.helperOnly) { second in
                #expect(first.apiPort != second.apiPort)
                let here = try await first.startShell("echo first >/tmp/x; echo up; exec sleep 1000", until: "up")
                let there = try await second.shell("cat /tmp/x; pgrep -c sleep; ls \(first.workspace)/..; true")
                #expect(there.text.hasPrefix("0"), "\(there.text)")
                second.helper.signal(SIGKILL)
                _ = try await second.helper.end
                let alive = try await first.shell("pgrep -c sleep")
                #expect(alive.text == "1")
                #expect(here.process.pid > 1)
            }
        }
    }

    @Test func `started beside the first one on its socket the second replaces nothing but the socket`() async throws {
        try await PairFixture.with(.helperOnly) { first in
            var options = PairOptions.helperOnly
            options.settings = ["api-port": "\(first.apiPort)"]
            let (end, _, log) = try await PairFixture.runToEnd(options)
            #expect(end == .exited(78))
            #expect(log.contains("api-port: cannot hold TCP port \(first.apiPort)"), "\(log)")
        }
    }
}
