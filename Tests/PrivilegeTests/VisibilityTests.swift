import HelperClient
import HelperProtocol
import SandboxTestSupport
import Testing

/// Who sees whom.
@Suite(.timeLimit(.minutes(20)))
struct VisibilityTests {
    private static let list = "ps -eo args= | grep -v '^ps '"

    @Test func `user sees user, its init and its shepherds, nothing else`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let other = try await pair.startShell("echo up; exec sleep 1111", until: "up")
            let cell = try await pair.startShell("echo up; exec sleep 2222", in: .secure, until: "up")
            let seen = Set(try await pair.run(["ps", "-eo", "args="]).lines)
            #expect(seen == ["ns-init user", "ns-shepherd", "sleep 1111", "ps -eo args="])
            #expect(other.process.handle != cell.process.handle)
        }
    }

    @Test func `a cell sees itself alone`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            _ = try await pair.startShell("echo up; exec sleep 1111", until: "up")
            _ = try await pair.startShell("echo up; exec sleep 2222", in: .secure, until: "up")
            let seen = try await pair.run(["ps", "-eo", "pid=,args="], in: .secure)
            #expect(
                Set(seen.lines.map { $0.drop { $0 == " " } }) == ["1 ns-init cell", "2 ps -eo pid=,args="]
            )
        }
    }

    @Test func `walking all pids finds what ps shows and no more`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            _ = try await pair.startShell("echo up; exec sleep 1000", until: "up")
            for namespace in [SandboxNamespace.user, .secure] {
                // A builtin, so that no process comes and goes meanwhile.
                let script = """
                    shown=$(cd /proc; echo [0-9]*); p=1
                    while [ $p -le 40000 ]; do [ -e /proc/$p/stat ] && echo $p; p=$((p + 1)); done | wc -l
                    echo $shown | wc -w
                    """
                let result = try await pair.shell(script, in: namespace)
                let counts = result.lines.compactMap { Int($0) }
                // The shell's own subshell may be there or not; nobody of control, the helper or the other side is.
                #expect(counts.count == 2 && counts.allSatisfy { (2...9).contains($0) }, "\(result.text)")
                let everybody = ProcessFile.all.filter { $0 <= 40_000 }
                #expect(everybody.count > 20)
            }
        }
    }

    @Test func `the environment of a cell is seen neither by user nor by another cell`() async throws {
        let canary = "s3cr3t-\(UInt64.random(in: .min ... .max))"
        try await PairFixture.with(.helperOnly) { pair in
            let holder = try await pair.start(
                ["/bin/sh", "-c", "echo $CANARY; exec sleep 1000"],
                in: .secure,
                environment: ["CANARY": canary]
            )
            try await holder.output.wait(for: canary)
            for namespace in [SandboxNamespace.user, .secure] {
                let script = "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'; env"
                #expect(try await pair.shell(script, in: namespace).text.contains(canary) == false)
            }
            // The holder itself has it, or the test shows nothing.
            #expect(pair.processes.contains { ProcessFile.text($0, "environ")?.contains(canary) == true })
        }
    }

    @Test func `user processes see, signal and trace each other`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let target = try await pair.startShell("echo $$; exec sleep 1000", until: "\n")
            let pid = try #require(Int(target.output.text.split(separator: "\n")[0]))
            let traced = try await pair.shell(
                "gdb -batch -p \(pid) -ex 'info registers rip' 2>&1 | grep -c '^rip'; "
                    + "strace -o /dev/null -p \(pid) -e trace=none & "
                    + "while ! grep -q 'TracerPid:.[1-9]' /proc/\(pid)/status; do :; done; kill $!; wait; echo traced"
            )
            #expect(traced.text == "1\ntraced")
            let memory = try await pair.shell("tr '\\0' '\\n' </proc/\(pid)/environ | grep -c HOME=")
            #expect(memory.text == "1")
            #expect(try await pair.shell("kill -USR1 \(pid)").code == 0)
            #expect(try await target.result().status.cause == .signaled(10))
        }
    }

    @Test func `nobody traces in a cell, not even its own child`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let result = try await pair.shell("strace true 2>&1; gdb -batch -ex run /bin/true 2>&1", in: .secure)
            #expect(result.text.contains("Operation not permitted"))
            #expect(!result.text.contains("exited normally"))
        }
    }

    @Test func `queues, shared memory and semaphores of a cell are its own`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let made = try await pair.shell("ipcmk -M 64 -Q -S 1 >/dev/null; ipcs | grep -c '^0x'")
            #expect(made.text == "3")
            for namespace in [SandboxNamespace.user, .secure] {
                let expected = namespace == .user ? "3" : "0"
                #expect(try await pair.shell("ipcs | grep -c '^0x'; true", in: namespace).text == expected)
            }
        }
    }

    @Test func `a cell cannot reach an abstract socket of user`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let name = "sandbox-test-\(pair.ids.user)"
            let listener = try await pair.start([
                "python3", "-c",
                "import socket, time; s = socket.socket(socket.AF_UNIX); s.bind('\\0\(name)'); "
                    + "s.listen(); print('up', flush=True); time.sleep(1000)",
            ])
            try #require(try await listener.output.wait(for: "up"), "\(listener.errors.text)")
            let connect = [
                "python3", "-c",
                "import socket; print(socket.socket(socket.AF_UNIX).connect_ex('\\0\(name)'))",
            ]
            let user = try await pair.run(connect)
            #expect(user.text == "0", "user reaches user, or the test shows nothing")
            let cell = try await pair.run(connect, in: .secure)
            #expect(cell.text == "1", "EPERM is what Landlock's scope answers: \(cell.text)\(cell.errorText)")
        }
    }

    @Test func `unix sockets of the pair cannot be found through proc`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let probe = try pair.installStateProbe()
            for namespace in [SandboxNamespace.user, .secure] {
                let direct = try await pair.run([probe, "connect", pair.socketPath], in: namespace)
                #expect(direct.text == "ENOENT")
                let abstract = try await pair.shell(
                    "grep -c '@.*\\(sandbox\\|helper\\|ns-\\)' /proc/net/unix; true",
                    in: namespace
                )
                #expect(abstract.text == "0")
            }
        }
    }
}
