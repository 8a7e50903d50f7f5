import Glibc
import HelperClient
import HelperProtocol
import SandboxTestSupport
import Testing

/// `terminate` ends whole trees and nothing else.
@Suite(.timeLimit(.minutes(20)))
struct TerminateTests {
    @Test(arguments: [SandboxNamespace.user, .secure], [Duration.zero, .milliseconds(300)])
    func `the whole tree is dead when the exit event arrives`(namespace: SandboxNamespace, grace: Duration) async throws
    {
        try await PairFixture.with(.helperOnly) { pair in
            let probe = try pair.installStateProbe()
            let bystander = try await pair.startShell("echo up; exec sleep 1000", until: "up")
            let quiet = try await pair.startShell("echo up; exec sleep 1000", in: .secure, until: "up")
            let before = Set(pair.processes)
            let command = try await pair.start([probe, "tree", "stay"], in: namespace)
            try #require(try await command.output.wait(for: "ready"))
            // Five more in user; in a cell its pid 1 as well. An intermediate zombie may stand beside them.
            #expect(pair.processes.count >= before.count + 6)
            let clock = ContinuousClock.now
            try await command.process.terminate(grace: grace)
            let status = try await command.process.exitStatus
            let left = Set(pair.processes)
            #expect(left == before, "\(left.subtracting(before).map { ProcessFile.name($0) ?? "gone" })")
            #expect(status.cause == .signaled(9))
            #expect(ContinuousClock.now - clock >= grace)
            for command in [bystander, quiet] { try await command.process.terminate(grace: .zero) }
        }
    }

    @Test(arguments: [SandboxNamespace.user, .secure])
    func `what ends by itself ends by SIGTERM and within the grace time`(namespace: SandboxNamespace) async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let command = try await pair.startShell(
                Self.waiting(for: "SIGTERM", child: "exec sleep 1000", code: 3),
                in: namespace,
                until: "up"
            )
            let clock = ContinuousClock.now
            try await command.process.terminate(grace: .seconds(60))
            let result = try await command.result()
            #expect(result.status.cause == .exited(3))
            #expect(result.text == "up\nbye")
            #expect(ContinuousClock.now - clock < .seconds(30))
        }
    }

    @Test(arguments: [SandboxNamespace.user, .secure])
    func `a stopped command notices SIGTERM`(namespace: SandboxNamespace) async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let command = try await pair.startShell(
                "trap 'exit 4' TERM; echo up; kill -STOP $$; exit 5",
                in: namespace,
                until: "up"
            )
            try await command.process.terminate(grace: .seconds(60))
            let code = try await command.result().code
            #expect([4, 5].contains(code))
        }
    }

    /// A command with a child that waits for one signal, then ends both. Not a shell's `trap` and `wait`: a
    /// signal that comes between the two waits for the child as well.
    private static func waiting(for signal: String, child: String, code: Int) -> String {
        """
        exec python3 -c '
        import signal, subprocess, sys
        child = subprocess.Popen(["sh", "-c", sys.argv[1]])
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.\(signal)])
        print("up", flush=True)
        signal.sigwait([signal.\(signal)])
        child.kill()
        child.wait()
        print("bye", flush=True)
        sys.exit(\(code))' "\(child)"
        """
    }

    @Test(arguments: [
        // Forks while it ends: the new process is in no snapshot that was taken before.
        "trap 'setsid sleep 1000 & exit 7' TERM; echo up; while :; do sleep 0.01; done",
        // A process whose first thread has ended looks like a zombie and is alive.
        """
        python3 -c '
        import ctypes, signal, threading, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        threading.Thread(target=time.sleep, args=(1000,)).start()
        print("up", flush=True)
        ctypes.CDLL(None).syscall(60, 0)' & wait; sleep 1000
        """,
    ])
    func `nothing slips out of a tree that is ending`(script: String) async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let before = Set(pair.processes)
            let command = try await pair.startShell(script, until: "up")
            try await command.process.terminate(grace: .milliseconds(300))
            let status = try await command.process.exitStatus
            // How the command itself ended, though others of its tree needed SIGKILL.
            #expect(status.cause == (script.hasPrefix("trap") ? .exited(7) : .signaled(15)))
            #expect(Set(pair.processes) == before)
        }
    }

    @Test func `a fork bomb of one command is ended completely`() async throws {
        var options = PairOptions.helperOnly
        options.settings = ["user-processes": "150"]
        try await PairFixture.with(options) { pair in
            for namespace in [SandboxNamespace.user, .secure] {
                let before = Set(pair.processes)
                let command = try await pair.startShell(
                    // The command itself forks no more: a shell that cannot would end, and leave the rest running.
                    "echo up; bomb() { while :; do bomb & done 2>/dev/null; }; bomb & exec sleep 1017",
                    in: namespace,
                    until: "up"
                )
                try await command.process.terminate(grace: .milliseconds(100))
                _ = try await command.process.exitStatus
                let left = Set(pair.processes).subtracting(before)
                let seen = left.prefix(5).map { pid in
                    ["Name", "State", "PPid", "NSpid", "Uid"].map { ProcessFile.status(pid)[$0] ?? "-" }
                }
                #expect(left == [], "\(namespace.name): \(left.count) left, such as \(seen)")
            }
        }
    }

    @Test func `a command that ended before is no error, and its handle is over`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let command = try await pair.start(["true"])
            _ = try await command.result()
            try await command.process.terminate(grace: .zero)
            await #expect(throws: HelperClientError.refused(HelperFailure(.unknownProcess))) {
                try await command.process.signal(15)
            }
        }
    }

    @Test func `a signal goes to the command alone`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            for namespace in [SandboxNamespace.user, .secure] {
                let command = try await pair.startShell(
                    Self.waiting(for: "SIGUSR1", child: "trap '' USR1; while :; do sleep 0.01; done", code: 6),
                    in: namespace,
                    until: "up"
                )
                try await command.process.signal(UInt8(SIGUSR1))
                let code = try await command.result().code
                #expect(code == 6)
            }
        }
    }
}
