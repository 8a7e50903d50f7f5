import Glibc
import HelperClient
import HelperProtocol
import SandboxTestSupport
import Testing

/// Beginnings and ends in mode `users`: uids that are used again, keepers and helpers that are killed, resets.
@Suite(.timeLimit(.minutes(20)))
struct UsersLifeTests {
    @Test func `uids come back, and one more cell than there are is refused`() async throws {
        try await UsersModeTests.with(settings: ["cell-slots": "2"]) { pair in
            var uids: Set<String> = []
            for _ in 0..<5 { uids.insert(try await pair.shell("id -u", in: .secure).text) }
            #expect(uids.count == 1)
            let running = [
                try await pair.startShell("id -u; echo up; exec sleep 1000", in: .secure, until: "up"),
                try await pair.startShell("id -u; echo up; exec sleep 1000", in: .secure, until: "up"),
            ]
            #expect(running[0].output.text != running[1].output.text)
            await #expect(throws: HelperClientError.refused(HelperFailure(.noFreeSlot))) {
                try await pair.run(["true"], in: .secure)
            }
            // A failed start gives its uid back as well.
            for command in running {
                try await command.process.terminate(grace: .zero)
                _ = try await command.process.exitStatus
            }
            for _ in 0..<4 {
                await #expect(throws: HelperClientError.self) { try await pair.run(["/nowhere"], in: .secure) }
            }
            #expect(try await pair.shell("echo on", in: .secure).text == "on")
        }
    }

    @Test func `a keeper that root kills is swept after before the command is over`() async throws {
        try await UsersModeTests.with { pair in
            let cell = try await pair.startShell(
                "setsid -f sleep 1000; echo $HOME; echo up; exec sleep 1000",
                in: .secure,
                until: "up"
            )
            let home = String(cell.output.text.split(separator: "\n")[0])
            let keeper = try #require(
                ProcessFile.children(pair.helper.pid).first { ProcessFile.name($0) == "ns-keeper cell" }
            )
            kill(keeper, SIGKILL)
            _ = try await cell.process.exitStatus
            #expect(UsersModeTests.processes(pair).allSatisfy { ProcessFile.status($0)["State"]?.first == "Z" })
            #expect(access(home, F_OK) != 0)
            #expect(try await pair.shell("echo on", in: .secure).text == "on")
        }
    }

    @Test(arguments: [SandboxNamespace.user, .secure])
    func `a reset ends everything of the uids and makes home anew`(namespace: SandboxNamespace) async throws {
        try await UsersModeTests.with { pair in
            _ = try await pair.shell("echo old > $HOME/f; setsid -f sleep 1000")
            let command = try await pair.startShell("echo up; exec sleep 1000", in: namespace, until: "up")
            #expect(try await pair.client.reset(namespace) == 2)
            #expect(try await command.process.exitStatus.cause == .signaled(9))
            let status = try await pair.client.status()
            #expect(status.namespaces.first { $0.namespace == namespace }?.generation == 2)
            #expect(status.namespaces.allSatisfy { $0.isAlive })
            let seen = try await pair.shell("cat $HOME/f; pgrep -u $(id -u) sleep; echo on")
            #expect(seen.text.hasPrefix("old") == (namespace == .secure))
            #expect(seen.text.hasSuffix("on"))
            #expect(try await pair.shell("echo on", in: .secure).text == "on")
            if namespace == .user { #expect(seen.text == "on") }
        }
    }

    @Test func `a helper that is killed leaves nobody`() async throws {
        try await UsersModeTests.with { pair in
            _ = try await pair.shell("setsid -f sleep 1000")
            let cell = try await pair.startShell("echo $HOME; echo up; exec sleep 1000", in: .secure, until: "up")
            let home = String(cell.output.text.split(separator: "\n")[0])
            let uids = Set([pair.ids.control, pair.ids.user]).union(pair.hello.cellUIDs ?? 0..<0)
            let all = ProcessFile.processes(of: uids)
            #expect(all.count >= 5)
            let watches = all.compactMap { try? ProcessWatch($0) }
            pair.helper.signal(SIGKILL)
            for watch in watches { #expect(watch.waitForEnd(milliseconds: 10_000)) }
            #expect(access(home, F_OK) != 0)
        }
    }

    @Test func `a second helper in the same place refuses`() async throws {
        try await UsersModeTests.with { pair in
            let options = try PairOptions.engineDefaults(
                server: .standIn,
                settings: ["homes": UsersModeTests.homes(pair)]
            )
            let (end, output, _) = try await PairFixture.runToEnd(options, arguments: ["--probe"])
            #expect(end == .exited(1))
            #expect(output.contains("users: not available\nfailed step: probe"))
            #expect(try await pair.shell("echo on").text == "on")
        }
    }
}
