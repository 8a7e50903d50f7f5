import HelperClient
import HelperProtocol
import SandboxTestSupport
import Testing

/// Resource limits as documented.
@Suite(.timeLimit(.minutes(20)))
struct LimitTests {
    @Test(arguments: [SandboxNamespace.user, .secure])
    func `limits cannot be raised above the hard ones`(namespace: SandboxNamespace) async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let result = try await pair.run(
                [
                    "/bin/bash", "-c",
                    "ulimit -n hard; ulimit -n; (ulimit -Hn 1048576; ulimit -u 100000; ulimit -l 100000; ulimit -r 5; "
                        + "ulimit -e 20) 2>&1 | grep -c 'cannot modify'",
                ],
                in: namespace
            )
            #expect(result.lines.count == 2)
            #expect(result.lines.last == "5", "\(result.text)")
        }
    }

    @Test func `each uid has its own number of processes`() async throws {
        var options = PairOptions.helperOnly
        options.settings = ["user-processes": "30"]
        try await PairFixture.with(options) { pair in
            let bomb = "i=0; while [ $i -lt 60 ]; do sleep 1000 & i=$((i + 1)); done 2>/dev/null; echo up; wait"
            let full = try await pair.start(["/bin/bash", "-c", "(\(bomb)) 2>&1; echo over"])
            // bash gives up at the first fork that fails, after retrying for a while; the uid is full before that.
            while ProcessFile.processes(of: [pair.ids.user]).count < 30 { await Task.yield() }
            let cell = try await pair.shell("sleep 0 & wait; echo alive", in: .secure)
            #expect(cell.text == "alive")
            #expect(ProcessFile.processes(of: [pair.ids.user]).count <= 31)
            try await full.process.terminate(grace: .zero)
            _ = try await full.process.exitStatus
            let again = try await pair.shell("sleep 0 & wait; echo alive")
            #expect(again.text == "alive")
        }
    }

    @Test func `a crash in a cell leaves no core`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let result = try await pair.run(
                ["/bin/bash", "-c", "ulimit -c unlimited 2>/dev/null; ulimit -c; kill -SEGV $$"],
                in: .secure,
                environment: ["CANARY": "x"]
            )
            #expect(result.status.cause == .signaled(11))
            #expect(DirectoryListing.names(pair.workspace).filter { $0.contains("core") } == [])
            #expect(result.lines != ["unlimited"])
        }
    }

    @Test func `user may raise its core limit`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let result = try await pair.run(["/bin/bash", "-c", "ulimit -c; ulimit -c unlimited; ulimit -c"])
            #expect(result.lines == ["0", "unlimited"])
        }
    }

    @Test func `slots are limited and become free again`() async throws {
        var options = PairOptions.helperOnly
        options.settings = ["process-slots": "2", "cell-slots": "2"]
        try await PairFixture.with(options) { pair in
            var running: [RunningCommand] = []
            for namespace in [SandboxNamespace.secure, .secure, .user, .user] {
                running.append(try await pair.startShell("echo up; exec sleep 1000", in: namespace, until: "up"))
            }
            for namespace in [SandboxNamespace.secure, .user] {
                await #expect(throws: HelperClientError.refused(HelperFailure(.noFreeSlot))) {
                    try await pair.run(["true"], in: namespace)
                }
            }
            try await running[0].process.terminate(grace: .zero)
            _ = try await running[0].process.exitStatus
            let result = try await pair.shell("echo again", in: .secure)
            #expect(result.text == "again")
            // A slot's next command has another handle.
            #expect(result.pid > 1)
        }
    }
}
