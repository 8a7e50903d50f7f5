import Glibc
import HelperClient
import HelperProtocol
import SandboxTestSupport
import Testing

/// pid 1 of the namespaces and of a cell.
@Suite(.timeLimit(.minutes(20)))
struct InitTests {
    @Test func `each init has the control uid, no right and a filter`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            #expect(Set(pair.inits.keys) == Set(SandboxNamespace.allCases))
            for (namespace, pid) in pair.inits {
                let status = ProcessFile.status(pid)
                let uid = "\(pair.ids.control)"
                #expect(status["Uid"] == "\(uid) \(uid) \(uid) \(uid)")
                #expect(status["Groups"] == "")
                for set in ["Inh", "Prm", "Eff", "Bnd", "Amb"] { #expect(status["Cap" + set] == "0000000000000000") }
                #expect(status["NoNewPrivs"] == "1")
                #expect(status["Seccomp"] == "2")
                let title = ProcessFile.text(pid, "cmdline")?.prefix { $0 != "\0" }
                #expect(title.map(String.init) == "ns-init " + namespace.name)
                #expect(ProcessFile.bytes(pid, "environ")?.allSatisfy { $0 == 0 } == true)
            }
        }
    }

    @Test(arguments: [SandboxNamespace.user, .secure])
    func `pid 1 cannot be killed, stopped, traced or read from inside`(namespace: SandboxNamespace) async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let probe = try pair.installStateProbe()
            let before = pair.inits
            let script = """
                for signal in KILL STOP TERM HUP INT SEGV; do kill -$signal 1 && echo "SIG$signal was taken"; done
                for file in environ maps mem stack syscall auxv; do
                    head -c 1 /proc/1/$file >/dev/null 2>&1 && echo "$file can be read"
                done
                for link in cwd root exe fd/0 ns/pid ns/mnt; do readlink /proc/1/$link; done
                ls /proc/1/fd /proc/1/map_files /proc/1/root/ 2>/dev/null
                true
                """
            let result = try await pair.shell(script, in: namespace)
            #expect(result.text == "")
            let calls = try await pair.run(
                [
                    // PTRACE_ATTACH, PTRACE_SEIZE; setpriority; prlimit of RLIMIT_NOFILE; SIGKILL once more.
                    probe, "calls", "ptrace,16,1,0,0", "ptrace,0x4206,1,0,0", "setpriority,0,1,5", "prlimit64,1,7,0,0",
                    "kill,1,9", "kcmp,1,1,0,0,0",
                ],
                in: namespace
            )
            #expect(calls.lines.count == 6)
            #expect(calls.lines.allSatisfy { $0.hasSuffix(" EPERM") }, "\(calls.text)")
            #expect(pair.inits == before)
        }
    }

    @Test(arguments: ["gdb -p 1 -batch", "strace -p 1"])
    func `a debugger cannot attach to pid 1`(command: String) async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let result = try await pair.shell(command + " 2>&1")
            #expect(result.text.contains("not permitted"), "\(result.text)")
        }
    }

    @Test func `a signal to everybody ends user processes alone`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let cell = try await pair.startShell("echo up; exec sleep 1000", in: .secure, until: "up")
            let victim = try await pair.startShell("echo up; exec sleep 1000", until: "up")
            let before = pair.inits
            let server = try #require(pair.serverPID)
            _ = try await pair.shell("kill -9 -1")
            #expect(try await victim.result().status.cause == .signaled(9))
            #expect(pair.inits == before)
            #expect(pair.serverPID == server)
            #expect(try await pair.client.status().processes.map(\.handle) == [cell.process.handle])
            #expect(try await pair.shell("echo again").text == "again")
        }
    }

    @Test func `pid 1 reaps what its namespace leaves behind`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            // Each inner shell dies before its child, which then falls to the subreaper or to pid 1.
            let done = try await pair.shell(
                "for i in 1 2 3 4 5; do sh -c 'sleep 0.01 & exit 0'; done; (setsid sleep 0.05 &); echo done"
            )
            #expect(done.text == "done")
            let last = try await pair.shell(
                "while pgrep -x sleep >/dev/null; do :; done; ps -eo stat= | grep -c Z; true"
            )
            #expect(last.text == "0")
        }
    }
}
