import Glibc
import HelperClient
import HelperProtocol
import SandboxTestSupport
import Testing

/// Mode `landlock` where it is meant for: one uid, no capability, a runtime's default seccomp profile.
@Suite(.timeLimit(.minutes(20)))
struct LandlockModeTests {
    static func with(
        isolation: String = "landlock",
        settings: [String: String] = [:],
        _ body: (Pair) async throws -> Void
    ) async throws {
        let accepted = ["accept-unprotected-credentials": isolation == "none" ? "none" : "landlock"]
        let options = try PairOptions.restrictedPod(
            isolation: isolation,
            server: .standIn,
            settings: accepted.merging(settings) { _, new in new }
        )
        try await PairFixture.with(options, body)
    }

    /// The pair's processes of this name.
    static func processes(_ pair: Pair, named name: String) -> [Int32] {
        ProcessFile.processes(of: [pair.ids.user]).filter {
            ProcessFile.name($0) == name && ProcessFile.status($0)["State"]?.first != "Z"
        }
    }

    /// What a process of the same uid can do to another. Writes one word for each thing that works.
    static func attack(on pid: Int32) -> String {
        """
        for f in environ mem maps auxv syscall stack io; do head -c 1 /proc/\(pid)/$f 2>/dev/null | grep -q . && echo read-$f; done
        for l in exe cwd root; do readlink /proc/\(pid)/$l >/dev/null && echo link-$l; done
        ls -l /proc/\(pid)/fd 2>/dev/null | grep -q -- '->' && echo descriptors
        (echo 900 > /proc/\(pid)/oom_score_adj) 2>/dev/null && echo score
        prlimit --pid \(pid) --nofile=64:64 2>/dev/null && echo limited
        renice -n 15 -p \(pid) >/dev/null 2>&1 && echo reniced
        taskset -p 1 \(pid) >/dev/null 2>&1 && echo pinned
        chrt -b -p 0 \(pid) >/dev/null 2>&1 && echo scheduled
        ionice -c 3 -p \(pid) >/dev/null 2>&1 && echo ioniced
        python3 -c 'import ctypes, signal, os
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.ptrace(16, \(pid), 0, 0) == 0: print("traced"); os.waitpid(\(pid), 0x40000000); libc.ptrace(17, \(pid), 0, 0)
        class V(ctypes.Structure): _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
        b = ctypes.create_string_buffer(8)
        if libc.syscall(312, os.getpid(), \(pid), 0, 0, 0) >= 0: print("compared")
        fd = os.pidfd_open(\(pid))
        if libc.syscall(438, fd, 0, 0) >= 0: print("descriptor")
        for send in (lambda: signal.pidfd_send_signal(fd, 0), lambda: os.kill(\(pid), 0)):
            try: send(); print("signalled")
            except PermissionError: pass
        if libc.syscall(200, \(pid), 0) == 0: print("tkilled")
        if libc.syscall(234, \(pid), \(pid), 0) == 0: print("tgkilled")
        if libc.syscall(279, \(pid), 0, 0, 0, 0, 0) >= 0: print("moved")
        ' 2>/dev/null
        true
        """
    }

    @Test func `auto takes it without any privilege, and says why not more`() async throws {
        try await Self.with(isolation: "auto") { pair async throws in
            #expect(pair.hello.mode == .landlock)
            #expect(pair.hello.probeFailure?.stage == .helperIdentity)
            #expect(pair.hello.workspaceSharing == .sameOwner && pair.hello.cellUIDs == nil)
            #expect(pair.ids.user == pair.ids.control && pair.ids.user == pair.ids.secure)
            let log = pair.helper.errors.text
            #expect(log.contains("mode users cannot be had") && log.contains("mode landlock: Landlock domains in"))
            #expect(log.contains("CREDENTIALS ARE NOT FULLY PROTECTED in mode landlock"))
            #expect(try await pair.client.status().namespaces.map(\.namespace) == [.user, .secure])
        }
    }

    @Test func `the probe goes through all of it`() async throws {
        let options = try PairOptions.restrictedPod(server: .standIn)
        let (end, output, _) = try await PairFixture.runToEnd(options, arguments: ["--probe"])
        #expect(end == .exited(0))
        #expect(output.contains("landlock: available\n") && output.contains("users: not available\n"))
    }

    @Test func `without a word of the operator's no command with credentials is run`() async throws {
        for accepted in [[:], ["accept-unprotected-credentials": "users"]] {
            try await PairFixture.with(try .restrictedPod(server: .standIn, settings: accepted)) { pair async throws in
                await #expect(throws: HelperClientError.refused(HelperFailure(.isolationUnavailable))) {
                    try await pair.run(["true"], in: .secure)
                }
                #expect(try await pair.shell("id -u").text == "\(pair.ids.user)")
                #expect(!pair.hello.acceptsUnprotectedCredentials)
            }
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
                #expect(status.text.contains("\n700 \(pair.ids.user)"))
            }
        }
    }

    @Test func `user code and cells reach neither helper, server, keepers nor another's cell, in no way`() async throws
    {
        try await Self.with { pair in
            let server = try #require(pair.serverPID)
            let cell = try await pair.startShell(
                "echo up; exec sleep 1000.25",
                in: .secure,
                environment: ["CANARY": "s3cr3t"],
                until: "up"
            )
            let sleeper = try #require(Self.processes(pair, named: "sleep").first)
            #expect(ProcessFile.text(sleeper, "environ")?.contains("s3cr3t") == true)
            let keeper = try #require(ProcessFile.parent(sleeper))
            #expect(ProcessFile.name(keeper) == "ns-keeper cell")
            let userKeeper = try #require(Self.processes(pair, named: "ns-keeper user").first)
            for pid in [pair.helper.pid, server, keeper, userKeeper, sleeper] {
                for namespace in [SandboxNamespace.user, .secure] {
                    let result = try await pair.shell(Self.attack(on: pid), in: namespace)
                    #expect(result.text == "", "\(namespace) on \(ProcessFile.name(pid) ?? "?")")
                }
            }
            // It has to take signals from user; what it shares with the helper is closed.
            let forker = try #require(Self.processes(pair, named: "ns-forker").first)
            let words = try await pair.shell(Self.attack(on: forker)).text.split(separator: "\n")
            #expect(Set(words).isSubset(of: ["signalled", "tkilled", "tgkilled"]), "\(words)")
            // The keeper would be reached from its own cell most easily.
            let own = try await pair.shell("p=$PPID; " + Self.attack(on: 0).replacing("/0/", with: "/$p/"), in: .secure)
            #expect(!own.text.contains("read-") && !own.text.contains("link-") && !own.text.contains("descriptors"))
            #expect(try await pair.shell("kill -9 $PPID || echo refused", in: .secure).text == "refused")
            #expect(ProcessFile.name(sleeper) == "sleep" && pair.serverPID == server)
            try await cell.process.terminate(grace: .zero)
            _ = try await cell.process.exitStatus
        }
    }

    @Test func `in mode none the same attempts succeed`() async throws {
        try await Self.with(isolation: "none") { pair in
            let victim = try await pair.startShell("echo up; exec sleep 1000.25", in: .secure, until: "up")
            let sleeper = try #require(Self.processes(pair, named: "sleep").first)
            let result = try await pair.shell(Self.attack(on: sleeper))
            let words = Set(result.text.split(separator: "\n").map(String.init))
            #expect(
                words.isSuperset(of: [
                    "read-environ", "read-maps", "link-exe", "descriptors", "score", "limited", "reniced", "pinned",
                    "traced",
                    "signalled", "tkilled", "tgkilled",
                ]),
                "\(result.text)"
            )
            try await victim.process.terminate(grace: .zero)
            _ = try await victim.process.exitStatus
        }
    }

    @Test func `killing everybody reaches nobody but one's own`() async throws {
        try await Self.with { pair in
            let server = try #require(pair.serverPID)
            let cell = try await pair.startShell("echo up; exec sleep 1000.25", in: .secure, until: "up")
            let other = try await pair.startShell("echo up; exec sleep 1000.5", until: "up")
            _ = try await pair.shell("kill -9 -1", in: .secure)
            #expect(Self.processes(pair, named: "sleep").count == 2)
            // All of user, and with the forker user itself, which is made anew.
            _ = try? await pair.shell("kill -9 -1; sleep 1000")
            #expect(try await other.process.exitStatus.cause == .signaled(9))
            #expect(pair.serverPID == server && Self.processes(pair, named: "sleep").count == 1)
            try await Self.waitForUser(pair)
            #expect(try await pair.shell("echo on").text == "on")
            try await cell.process.terminate(grace: .zero)
            _ = try await cell.process.exitStatus
        }
    }

    /// A reset is answered when `user` stands.
    static func waitForUser(_ pair: Pair) async throws { _ = try await pair.client.reset(.user) }

    @Test func `commands of user signal and debug each other`() async throws {
        try await Self.with { pair in
            let first = try await pair.startShell("echo $$; exec sleep 1000.25", until: "\n")
            let pid = first.output.text.split(separator: "\n")[0]
            let debugger = "gdb -p \(pid) -batch -ex 'print 41+1' -ex 'info registers rip' 2>&1"
            let seen = try await pair.shell("cat /proc/\(pid)/environ | tr '\\0' '\\n' | grep -c HOME=; \(debugger)")
            #expect(seen.text.hasPrefix("1\n") && seen.text.contains("$1 = 42"), "\(seen.text)")
            #expect(seen.text.contains("rip  "), "\(seen.text)")
            #expect(
                try await pair.shell("strace -o /dev/null -p \(pid) & sleep 1; kill $!; kill -USR1 \(pid)").code == 0
            )
            #expect(try await first.process.exitStatus.cause == .signaled(UInt8(SIGUSR1)))
        }
    }

    @Test func `home directories and what is hidden hold nothing for others`() async throws {
        try await Self.with { pair in
            let script = "echo s3cr3t > $HOME/f; chmod 777 $HOME/.. $HOME; echo $HOME; echo up; exec sleep 1000.25"
            let cell = try await pair.startShell(script, in: .secure, until: "up")
            let home = cell.output.text.split(separator: "\n")[0]
            _ = try await pair.shell("echo users > $HOME/g")
            let homes = String(pair.socketPath.dropLast("helper.sock".utf8.count)) + "homes"
            let attack = """
                cat \(home)/f; (echo x > \(home)/f) && echo wrote; (: > \(home)/new) && echo made; rm -f \(home)/f && echo removed
                mv \(home) /tmp/x && echo moved; ln \(home)/f ./f && echo linked; truncate -s 0 \(home)/f && echo cut
                cat \(pair.directory)/ns-helper.conf && echo configuration
                true
                """
            #expect(try await pair.shell(attack).text == "")
            #expect(try await pair.shell(attack + "; cat \(homes)/user/g", in: .secure).text == "")
            #expect(try await pair.shell("cat $HOME/g").text == "users")
            #expect(FileBytes.read(String(home) + "/f").map { String(decoding: $0, as: UTF8.self) } == "s3cr3t\n")
            try await cell.process.terminate(grace: .zero)
            _ = try await cell.process.exitStatus
            #expect(access(String(home), F_OK) != 0)
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
            #expect(
                try await pair.shell(": > /var/tmp/u-$$ && rm /var/tmp/u-$$ && ls / > /dev/null && echo ok").text
                    == "ok"
            )
        }
    }

    @Test func `nobody opens a cell's terminal`() async throws {
        try await Self.with { pair in
            let command = try await pair.startInTerminal(
                ["/bin/sh", "-c", "readlink /proc/self/fd/0; echo up; exec sleep 1000.25"],
                in: .secure
            )
            try await command.output.wait(for: "up")
            let name = command.output.text.split(whereSeparator: \.isNewline)[0]
            #expect(name.hasPrefix("/dev/pts/"))
            for namespace in [SandboxNamespace.user, .secure] {
                let seen = try await pair.shell("(: < \(name)) 2>&1; (: > \(name)) 2>&1", in: namespace).text
                #expect(seen.split(separator: "\n").filter { $0.hasSuffix("busy") }.count == 2, "\(seen)")
            }
            try await command.process.terminate(grace: .zero)
            _ = try await command.process.exitStatus
        }
    }

    @Test func `abstract sockets stay inside, and the helper's socket is for root`() async throws {
        try await Self.with { pair in
            let name = "landlock-\(getpid())"
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
            // Landlock cannot keep it from connecting; the helper does not answer.
            let hello = """
                python3 -c 'import socket
                s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.connect("\(pair.socketPath)")
                print(len(s.recv(100)))' 2>&1
                """
            for namespace in [SandboxNamespace.user, .secure] {
                let answer = try await pair.shell(hello, in: namespace).text
                #expect(answer == "0" || answer.contains("ConnectionResetError"), "\(answer)")
            }
        }
    }
}
