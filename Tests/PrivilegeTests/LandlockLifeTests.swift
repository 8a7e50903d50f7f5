import Glibc
import HelperClient
import HelperProtocol
import SandboxTestSupport
import Testing

/// Beginnings and ends in mode `landlock`: what commands do to stay, keepers, forkers and helpers that are killed, resets.
@Suite(.timeLimit(.minutes(20)))
struct LandlockLifeTests {
    private static func sleepers(_ pair: Pair) -> [Int32] { LandlockModeTests.processes(pair, named: "sleep") }

    @Test func `nothing is left of a cell, whatever it did to stay`() async throws {
        try await LandlockModeTests.with { pair in
            let script = """
                trap '' TERM HUP INT
                (setsid sh -c 'trap "" TERM; while :; do sleep 1000.25; done' &) &
                setsid -f sleep 1000.25
                python3 -c 'import os,signal
                if os.fork() == 0:
                    os.setsid()
                    if os.fork() == 0:
                        os.kill(os.getpid(), signal.SIGSTOP)
                os._exit(0)'
                mkdir -p $HOME/a/b/c; touch $HOME/a/b/c/f; chmod 000 $HOME/a/b/c $HOME/a/b $HOME/a
                ln -s / $HOME/root; mkfifo $HOME/pipe; echo $CANARY > "$TMPDIR/deep"; chmod 000 "$TMPDIR"
                echo $HOME; exit 7
                """
            let before = Set(ProcessFile.processes(of: [pair.ids.user]))
            let result = try await pair.shell(script, in: .secure, environment: ["CANARY": "s3cr3t"])
            #expect(result.code == 7)
            // The exit event has come: everything is gone by now, without waiting.
            #expect(Set(ProcessFile.processes(of: [pair.ids.user])).isSubset(of: before))
            #expect(access(result.text, F_OK) != 0 && result.text.contains("/homes/cell-"))
            let homes = String(pair.socketPath.dropLast("helper.sock".utf8.count)) + "homes"
            #expect(DirectoryListing.names(homes) == ["user"])
        }
    }

    @Test(arguments: [SandboxNamespace.user, .secure])
    func `a command ends at its time with all that it started`(namespace: SandboxNamespace) async throws {
        try await LandlockModeTests.with(settings: ["user-processes": "300"]) { pair in
            let command = try await pair.startShell(
                "trap '' TERM; setsid -f sleep 1000.25; (setsid sleep 1000.25 &); echo up; sleep 1000.25; sleep 1000.25",
                in: namespace,
                until: "up"
            )
            #expect(!Self.sleepers(pair).isEmpty)
            try await command.process.terminate(grace: .milliseconds(200))
            _ = try await command.process.exitStatus
            #expect(Self.sleepers(pair) == [])
        }
    }

    @Test func `a fork storm in a cell ends with its time, and the helper goes on`() async throws {
        try await LandlockModeTests.with(settings: ["user-processes": "300"]) { pair in
            let storm = try await pair.startShell("echo up; f() { trap '' TERM; f & f; }; f", in: .secure, until: "up")
            try await storm.process.terminate(grace: .milliseconds(200))
            _ = try await storm.process.exitStatus
            #expect(LandlockModeTests.processes(pair, named: "sh") == [])
            #expect(try await pair.shell("echo on").text == "on")
        }
    }

    @Test func `a fork storm in user leaves a cell room`() async throws {
        try await LandlockModeTests.with(settings: ["user-processes": "300"]) { pair in
            let storm = try await pair.startShell("echo up; f() { f & f; }; f", until: "up")
            let cell = try await pair.shell("sh -c 'sh -c \"echo on\"'", in: .secure)
            #expect(cell.text == "on", "\(cell.errorText)")
            #expect(try await pair.client.reset(.user) == 2)
            _ = try await storm.process.exitStatus
            #expect(try await pair.shell("echo on").text == "on")
        }
    }

    @Test(arguments: [SandboxNamespace.user, .secure])
    func `a reset ends everything and makes home anew`(namespace: SandboxNamespace) async throws {
        try await LandlockModeTests.with { pair in
            _ = try await pair.shell("echo old > $HOME/f; setsid -f sleep 1000.25")
            let command = try await pair.startShell("echo up; exec sleep 1000.5", in: namespace, until: "up")
            #expect(try await pair.client.reset(namespace) == 2)
            #expect(try await command.process.exitStatus.cause == .signaled(9))
            let status = try await pair.client.status()
            #expect(status.namespaces.first { $0.namespace == namespace }?.generation == 2)
            #expect(status.namespaces.allSatisfy { $0.isAlive })
            #expect(Self.sleepers(pair).count == (namespace == .user ? 0 : 1))
            let seen = try await pair.shell("cat $HOME/f; echo on")
            #expect(seen.text == (namespace == .user ? "on" : "old\non"))
            #expect(try await pair.shell("echo on", in: .secure).text == "on")
        }
    }

    @Test func `a forker that user code kills or stops costs it everything, and nobody else`() async throws {
        try await LandlockModeTests.with { pair in
            for signal in ["KILL", "STOP"] {
                let cell = try await pair.startShell("echo up; exec sleep 1000.25", in: .secure, until: "up")
                let left = try await pair.startShell("echo up; exec sleep 1000.5", until: "up")
                let forker = try #require(LandlockModeTests.processes(pair, named: "ns-forker").first)
                _ = try await pair.shell("while kill -\(signal) \(forker); do :; done & sleep 0.2")
                if signal == "STOP" {
                    // Stopped again and again: the next order goes unheeded.
                    _ = try? await pair.shell("true")
                    _ = try? await pair.shell("true")
                }
                #expect(try await pair.client.reset(.user) > 1)
                #expect(try await left.process.exitStatus.cause == .signaled(9))
                #expect(try await pair.shell("echo on").text == "on")
                #expect(Self.sleepers(pair).count == 1)
                try await cell.process.terminate(grace: .zero)
                _ = try await cell.process.exitStatus
            }
        }
    }

    @Test func `a keeper that root kills is swept after before the command is over`() async throws {
        try await LandlockModeTests.with { pair in
            let cell = try await pair.startShell(
                "setsid -f sleep 1000.25; echo $HOME; echo up; exec sleep 1000.25",
                in: .secure,
                until: "up"
            )
            let home = String(cell.output.text.split(separator: "\n")[0])
            let keeper = try #require(LandlockModeTests.processes(pair, named: "ns-keeper cell").first)
            kill(keeper, SIGKILL)
            _ = try await cell.process.exitStatus
            #expect(Self.sleepers(pair) == [])
            #expect(access(home, F_OK) != 0)
            #expect(try await pair.shell("echo on", in: .secure).text == "on")
            #expect(try await pair.shell("echo on").text == "on")
        }
    }

    @Test func `a helper that is killed leaves nobody`() async throws {
        try await LandlockModeTests.with { pair in
            _ = try await pair.shell("setsid -f sleep 1000.25")
            let cell = try await pair.startShell("echo $HOME; echo up; exec sleep 1000.25", in: .secure, until: "up")
            let home = String(cell.output.text.split(separator: "\n")[0])
            let all = ProcessFile.processes(of: [pair.ids.user])
            #expect(all.count >= 6)
            let watches = all.compactMap { try? ProcessWatch($0) }
            pair.helper.signal(SIGKILL)
            for watch in watches { #expect(watch.waitForEnd(milliseconds: 10_000)) }
            #expect(access(home, F_OK) != 0)
        }
    }

    @Test func `directories come back, and one more cell than there are is refused`() async throws {
        try await LandlockModeTests.with(settings: ["cell-slots": "2"]) { pair in
            var homes: Set<String> = []
            for _ in 0..<5 { homes.insert(try await pair.shell("echo $HOME", in: .secure).text) }
            #expect(homes.count == 1)
            let running = [
                try await pair.startShell("echo up; exec sleep 1000.25", in: .secure, until: "up"),
                try await pair.startShell("echo up; exec sleep 1000.25", in: .secure, until: "up"),
            ]
            await #expect(throws: HelperClientError.refused(HelperFailure(.noFreeSlot))) {
                try await pair.run(["true"], in: .secure)
            }
            for command in running {
                try await command.process.terminate(grace: .zero)
                _ = try await command.process.exitStatus
            }
            #expect(try await pair.shell("echo on", in: .secure).text == "on")
        }
    }
}
