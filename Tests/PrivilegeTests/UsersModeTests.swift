import Glibc
import HelperClient
import HelperProtocol
import SandboxTestSupport
import Testing

/// Mode `users` where it is meant for: as root in a container with an engine's default rights.
@Suite(.timeLimit(.minutes(20)))
struct UsersModeTests {
    static func with(
        isolation: String = "users",
        settings: [String: String] = [:],
        _ body: (Pair) async throws -> Void
    ) async throws {
        let accepted = ["accept-unprotected-credentials": "users"].merging(settings) { _, new in new }
        try await PairFixture.with(
            .engineDefaults(isolation: isolation, server: .standIn, settings: accepted),
            body
        )
    }

    /// pids of a command's own processes, as the helper's /proc shows them.
    static func processes(_ pair: Pair) -> [Int32] {
        guard let uids = pair.hello.cellUIDs else { return [] }
        // Keepers have the even ones after the first.
        return ProcessFile.all.filter { pid in
            guard let uid = ProcessFile.userID(pid), uids.contains(uid) else { return false }
            return (uid - uids.lowerBound) % 2 == 1
        }
    }

    static func homes(_ pair: Pair) -> String {
        String(pair.socketPath.dropLast("helper.sock".utf8.count)) + "homes"
    }

    @Test func `auto takes it with an engine's default rights, and says why not more`() async throws {
        try await Self.with(isolation: "auto") { pair in
            #expect(pair.hello.mode == .users)
            #expect(pair.hello.probeFailure?.stage == .helperCapabilities)
            #expect(pair.hello.probeFailure?.remedy.contains("--cap-add SYS_ADMIN") == true)
            #expect(pair.hello.cellUIDs?.count == 257)
            #expect(pair.hello.workspaceSharing == .group)
            let log = pair.helper.errors.text
            #expect(log.contains("mode namespaces cannot be had"))
            #expect(log.contains("mode users: separate uids"))
            #expect(log.contains("CREDENTIALS ARE NOT FULLY PROTECTED in mode users"))
        }
    }

    @Test func `without a word of the operator's no command with credentials is run`() async throws {
        let options = try PairOptions.engineDefaults(server: .standIn, settings: [:])
        try await PairFixture.with(options) { pair in
            await #expect(throws: HelperClientError.refused(HelperFailure(.isolationUnavailable))) {
                try await pair.run(["true"], in: .secure)
            }
            let user = try await pair.shell("id -u")
            #expect(user.text == "\(pair.ids.user)")
            #expect(!pair.hello.acceptsUnprotectedCredentials)
        }
    }

    @Test func `every process has lost everything that it could lose`() async throws {
        try await Self.with { pair in
            for namespace in [SandboxNamespace.user, .secure] {
                let status = try await pair.shell(
                    "cat /proc/self/status; echo $HOME; stat -c '%a %u' \"$HOME\"",
                    in: namespace
                )
                for line in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
                    #expect(status.text.contains("\(line):\t0000000000000000"), "\(namespace) \(line)")
                }
                #expect(status.text.contains("NoNewPrivs:\t1") && status.text.contains("Seccomp:\t2"))
                #expect(status.text.contains("\n700 "))
            }
            for pid in ProcessFile.children(pair.helper.pid) {
                let status = ProcessFile.status(pid)
                #expect(status["CapEff"] == "0000000000000000" && status["CapBnd"] == "0000000000000000", "\(status)")
                #expect(status["NoNewPrivs"] == "1")
                #expect(status["Uid"]?.split(separator: " ").contains("0") == false)
            }
        }
    }

    @Test func `user code cannot signal, trace or read the helper, the server, a keeper or another's cell`()
        async throws
    {
        try await Self.with { pair in
            let cell = try await pair.startShell(
                "echo up; exec sleep 1000",
                in: .secure,
                environment: ["CANARY": "s3cr3t"],
                until: "up"
            )
            let sleeper = try #require(Self.processes(pair).first { ProcessFile.name($0) == "sleep" })
            #expect(ProcessFile.text(sleeper, "environ")?.contains("s3cr3t") == true)
            let keeper = try #require(ProcessFile.parent(sleeper))
            let server = try #require(pair.serverPID)
            let userKeeper = try #require(
                ProcessFile.children(pair.helper.pid).first { ProcessFile.name($0) == "ns-keeper user" }
            )
            for pid in [pair.helper.pid, server, keeper, userKeeper, sleeper] {
                for namespace in [SandboxNamespace.user, .secure] {
                    let attack = """
                        for s in 0 9 15 19; do kill -$s \(pid) 2>/dev/null && echo killed $s; done
                        for f in environ mem maps auxv syscall; do head -c 1 /proc/\(pid)/$f 2>/dev/null | grep -q . && echo read $f; done
                        for l in exe cwd root; do readlink /proc/\(pid)/$l; done
                        ls /proc/\(pid)/fd 2>/dev/null; ls /proc/\(pid)/task/\(pid)/fd 2>/dev/null
                        python3 -c 'import ctypes; print("traced") if ctypes.CDLL(None).ptrace(16, \(pid), 0, 0) == 0 else 0'
                        prlimit --pid \(pid) --nofile=10 2>/dev/null && echo limited
                        true
                        """
                    let result = try await pair.shell(attack, in: namespace)
                    #expect(result.text == "", "\(namespace) on \(ProcessFile.name(pid) ?? "?")")
                }
            }
            #expect(ProcessFile.name(sleeper) == "sleep" && pair.serverPID == server)
            try await cell.process.terminate(grace: .zero)
            _ = try await cell.process.exitStatus
        }
    }

    @Test func `killing everybody reaches nobody but one's own`() async throws {
        try await Self.with { pair in
            let cell = try await pair.startShell("echo up; exec sleep 1000", in: .secure, until: "up")
            let other = try await pair.startShell("echo up; exec sleep 1000", until: "up")
            let before = Set(ProcessFile.children(pair.helper.pid).filter { ProcessFile.name($0) != "ns-shepherd" })
            _ = try await pair.shell("kill -9 -1", in: .secure)
            #expect(other.output.text == "up\n")
            _ = try await pair.shell("kill -9 -1")
            // The other command of the same uid is gone, everything else is there.
            #expect(try await other.process.exitStatus.cause == .signaled(9))
            #expect(before.isSubset(of: Set(ProcessFile.children(pair.helper.pid))))
            #expect(Self.processes(pair).contains { ProcessFile.name($0) == "sleep" })
            #expect(try await pair.shell("echo on").text == "on")
            try await cell.process.terminate(grace: .zero)
            _ = try await cell.process.exitStatus
        }
    }

    @Test func `two cells at once are two uids, and each sees its own home alone`() async throws {
        try await Self.with { pair in
            let script = "id -u; echo secret > $HOME/f; chmod 755 $HOME/.. $HOME; echo $HOME; echo up; exec sleep 1000"
            let first = try await pair.startShell(script, in: .secure, until: "up")
            let lines = first.output.text.split(separator: "\n").map(String.init)
            let second = try await pair.shell(
                "id -u; ls -a \"$HOME\" | wc -l; cat \(Self.homes(pair))/../homes/*/home/f",
                in: .secure
            )
            let seen = second.text.split(separator: "\n").map(String.init)
            #expect(seen.first != lines.first && seen.dropFirst().first?.hasSuffix("2") == true)
            #expect(!second.text.contains("secret"))
            #expect(pair.hello.cellUIDs?.contains(UInt32(lines[0]) ?? 0) == true)
            // Within its right: it opened its home itself. The names of others are not to be had.
            #expect(try await pair.shell("ls \(Self.homes(pair)) 2>&1", in: .secure).text.contains("Permission denied"))
            try await first.process.terminate(grace: .zero)
            _ = try await first.process.exitStatus
            #expect(access(lines[1], F_OK) != 0)
        }
    }

    @Test func `nothing is left of a cell, whatever it did to stay`() async throws {
        try await Self.with { pair in
            let script = """
                trap '' TERM HUP INT
                (setsid sh -c 'trap "" TERM; while :; do sleep 1000; done' &) &
                setsid -f sleep 1000
                python3 -c 'import os,signal
                if os.fork() == 0:
                    os.setsid()
                    if os.fork() == 0:
                        os.kill(os.getpid(), signal.SIGSTOP)
                os._exit(0)'
                mkdir -p $HOME/a/b/c "$TMPDIR/x"; touch $HOME/a/b/c/f; chmod 000 $HOME/a/b/c $HOME/a/b $HOME/a
                ln -s / $HOME/root; mkfifo $HOME/pipe
                i=0; cd $HOME; while [ $i -lt 300 ]; do mkdir d && cd d; i=$((i+1)); done
                echo $CANARY > deep; echo $HOME; exit 7
                """
            let result = try await pair.shell(script, in: .secure, environment: ["CANARY": "s3cr3t"])
            #expect(result.code == 7)
            // The exit event has come: everything is gone by now, without waiting.
            #expect(Self.processes(pair) == [])
            #expect(access(String(result.text), F_OK) != 0 && result.text.hasPrefix(Self.homes(pair)))
            #expect(DirectoryListing.names(Self.homes(pair)) == ["user"])
        }
    }

    @Test func `a fork storm in a cell ends with its time`() async throws {
        try await Self.with(settings: ["user-processes": "300"]) { pair in
            let storm = try await pair.startShell(
                "echo up; f() { trap '' TERM; f & f; }; f",
                in: .secure,
                until: "up"
            )
            try await storm.process.terminate(grace: .milliseconds(200))
            _ = try await storm.process.exitStatus
            #expect(Self.processes(pair) == [])
        }
    }

    @Test func `a cell writes nowhere but to its own directory and the workspace`() async throws {
        try await Self.with { pair in
            let script = """
                for d in /tmp /var/tmp /dev/shm /run/lock; do (: > $d/cell-$$) 2>/dev/null && echo $d; done
                : > $HOME/a && : > "$TMPDIR/b" && : > ./c && mv ./c ./d && rm ./d && mv $HOME/a "$TMPDIR/" && echo own
                echo x > /dev/null && echo null
                python3 -c 'import ctypes
                libc = ctypes.CDLL(None, use_errno=True)
                for name, call in (("shm", lambda: libc.shmget(4711, 4096, 0o1666)), ("sem", lambda: libc.semget(4711, 1, 0o1666)),
                        ("msg", lambda: libc.msgget(4711, 0o1666))):
                    if call() >= 0: print(name)
                '
                """
            let seen = try await pair.shell(script, in: .secure)
            #expect(seen.text == "own\nnull", "\(seen.errorText)")
        }
    }

    @Test func `a cell reaches no abstract socket outside of it`() async throws {
        try await Self.with { pair in
            let name = "users-\(getpid())"
            let listener = try await pair.startShell(
                """
                exec python3 -u -c 'import socket
                s = socket.socket(socket.AF_UNIX); s.bind("\\0\(name)"); s.listen(); print("up")
                while True: s.accept()'
                """,
                until: "up"
            )
            let connect =
                "python3 -c 'import socket; socket.socket(socket.AF_UNIX).connect(\"\\0\(name)\"); print(1)' 2>&1"
            #expect(try await pair.shell(connect).text == "1")
            #expect(try await pair.shell(connect, in: .secure).text.contains("PermissionError"))
            try await listener.process.terminate(grace: .zero)
            _ = try await listener.process.exitStatus
        }
    }
}
