import Glibc
import HelperClient
import HelperProtocol
import SandboxTestSupport
import Testing

/// Mode `landlock`: what user code does to the service by signals and file modes is bounded, and passes.
@Suite(.timeLimit(.minutes(20)))
struct LandlockInterferenceTests {
    /// How user code stops the shepherd of a command that is not its own.
    enum Stop: CaseIterable {
        case once, againAndAgain
    }

    @Test(arguments: Stop.allCases)
    func `a command whose shepherd user code stops ends at its time all the same`(how: Stop) async throws {
        try await LandlockModeTests.with { pair in
            let command = try await pair.startShell(
                "trap '' TERM; setsid -f sleep 1000.25; echo up; sleep 1000.25; sleep 1000.25",
                until: "up"
            )
            let shepherd = try #require(LandlockModeTests.processes(pair, named: "ns-shepherd").first)
            let watch = try ProcessWatch(shepherd)
            let attack =
                how == .once
                ? "kill -STOP \(shepherd); echo stopped; exec sleep 1000.5"
                : "kill -STOP \(shepherd); echo stopped; while :; do kill -STOP \(shepherd); done"
            let attacker = try await pair.startShell(attack, until: "stopped")
            try await command.process.terminate(grace: .milliseconds(200))
            let hasEnded = try await DetachedThread.run { watch.waitForEnd(milliseconds: 10_000) }
            #expect(hasEnded)
            if !hasEnded { kill(shepherd, SIGKILL) }
            // That of one who was woken is the command's own; one who was killed could pass nothing on.
            #expect(try await command.process.exitStatus.cause == .signaled(9))
            #expect(LandlockModeTests.processes(pair, named: "sleep").count == (how == .once ? 1 : 0))
            try await attacker.process.terminate(grace: .zero)
            _ = try await attacker.process.exitStatus
            #expect(try await pair.shell("echo on").text == "on")
            #expect(try await pair.client.status().namespaces.first { $0.namespace == .user }?.generation == 1)
        }
    }

    @Test func `commands that user code stops while they start are answered, and their slots are free`() async throws {
        try await LandlockModeTests.with(settings: ["process-slots": "24"]) { pair in
            let attack = """
                exec python3 -u -c 'import os, signal
                known = set(os.listdir("/proc"))
                print("up")
                while True:
                    for name in os.listdir("/proc"):
                        if not name.isdigit() or name in known: continue
                        known.add(name)
                        try: os.kill(int(name), signal.SIGSTOP)
                        except OSError: pass'
                """
            let attacker = try await pair.startShell(attack, until: "up")
            let patience = Task {
                try await Task.sleep(for: .seconds(25))
                Issue.record("some commands are not over after 25 s")
                _ = try? await pair.client.reset(.user)
            }
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        guard let command = try? await pair.start(["true"]) else { return }
                        try? await command.process.terminate(grace: .zero)
                        _ = try? await command.process.exitStatus
                    }
                }
            }
            patience.cancel()
            try await attacker.process.terminate(grace: .zero)
            _ = try await attacker.process.exitStatus
            #expect(LandlockModeTests.processes(pair, named: "ns-shepherd") == [])
            #expect(try await pair.client.status().processes.isEmpty)
            #expect(try await pair.shell("echo on").text == "on")
        }
    }

    @Test func `user that cannot be made is tried again ever more rarely, told once, and comes back`() async throws {
        try await LandlockModeTests.with { pair in
            let directory = String(pair.socketPath.dropLast("/helper.sock".utf8.count))
            var status = stat()
            guard stat(directory, &status) == 0 else { throw TestFailure("no \(directory)") }
            _ = try? await pair.shell("chmod 0 \(directory); kill -9 -1")
            try await pair.helper.errors.wait(for: "everything of user is ended and made anew")
            // What must not happen in a time cannot be waited for.
            try await Task.sleep(for: .seconds(4))
            await #expect(throws: HelperClientError.refused(HelperFailure(.namespaceDown))) {
                try await pair.run(["true"])
            }
            // Who asks for it is told so with the next try.
            let mode = status.st_mode & 0o7777
            let patience = Task {
                try await Task.sleep(for: .seconds(30))
                chmod(directory, mode)
            }
            await #expect(throws: HelperClientError.refused(HelperFailure(.namespaceDown))) {
                try await pair.client.reset(.user)
            }
            patience.cancel()
            chmod(directory, mode)
            try await LandlockModeTests.waitForUser(pair)
            #expect(try await pair.shell("echo on").text == "on")
            let lines = pair.helper.errors.text.split(separator: "\n")
            #expect(lines.filter { $0.contains("cannot be made again yet") }.count == 1)
            #expect(lines.filter { $0.contains("has been made again") }.count == 1)
            #expect(lines.count < 20, "\(lines.suffix(5))")
        }
    }
}
