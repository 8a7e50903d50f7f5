import Glibc
import HelperClient
import HelperProtocol
import SandboxTestSupport
import Testing

/// What the namespaces' file trees show, hide and forbid.
@Suite(.timeLimit(.minutes(20)))
struct MountTests {
    /// What container engines cover in /proc (moby daemon/pkg/oci/defaults.go).
    private static let masked = [
        "acpi", "asound", "interrupts", "kcore", "keys", "latency_stats", "sched_debug", "scsi", "timer_list",
        "timer_stats",
    ]

    @Test(arguments: [SandboxNamespace.user, .secure])
    func `masked files and directories are empty`(namespace: SandboxNamespace) async throws {
        try await PairFixture.with(.helperOnly) { pair in
            for name in Self.masked where access("/proc/" + name, F_OK) == 0 {
                let result = try await pair.shell(
                    "if [ -d /proc/\(name) ]; then ls -A /proc/\(name); else head -c 1 /proc/\(name) | wc -c; fi",
                    in: namespace
                )
                #expect(["", "0"].contains(result.text), "/proc/\(name): \(result.text)")
                #expect(result.code == 0)
            }
            let firmware = try await pair.shell(
                "ls -A /sys/firmware /sys/kernel/security /sys/kernel/debug",
                in: namespace
            )
            #expect(firmware.lines.allSatisfy { $0.hasSuffix(":") }, "\(firmware.text)")
        }
    }

    @Test(arguments: SandboxNamespace.allCases)
    func `kernel settings are read-only even for root with every capability`(namespace: SandboxNamespace) async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let pid = try #require(pair.inits[namespace])
            let inside = ["nsenter", "--target", "\(pid)", "--mount", "--pid", "--ipc", "--uts", "--"]
            // Writes back what stands there, and nothing to the trigger: harmless even where the mount is missing.
            let script = """
                set -- /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sys/kernel/hostname
                for file; do [ -e $file ] && value=$(cat $file) && (echo "$value" >$file) 2>&1; done
                [ -e /proc/sysrq-trigger ] && (: >/proc/sysrq-trigger) 2>&1
                (: >>/proc/irq/default_smp_affinity) 2>&1
                mkdir /sys/fs/cgroup/sandbox-test 2>&1 && rmdir /sys/fs/cgroup/sandbox-test
                """
            let (_, output, _) = try await ChildProcess.run(inside + ["sh", "-c", script])
            let lines = output.split(separator: "\n")
            #expect(lines.count >= 4)
            #expect(lines.allSatisfy { $0.contains("Read-only file system") }, "\(output)")
        }
    }

    @Test func `a cell's own proc is read-only in the same places`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let command = try await pair.startShell("echo up; exec sleep 1000", in: .secure, until: "up")
            let pid = try #require(ProcessFile.processes(of: [pair.ids.secure]).first)
            let script = "for f in kernel/core_pattern vm/swappiness; do (cat /proc/sys/$f >/proc/sys/$f) 2>&1; done"
            let (_, output, _) = try await ChildProcess.run(
                ["nsenter", "--target", "\(pid)", "--mount", "--pid", "--", "sh", "-c", script])
            #expect(output.split(separator: "\n").allSatisfy { $0.contains("Read-only file system") }, "\(output)")
            #expect(output.isEmpty == false)
            try await command.process.terminate(grace: .zero)
        }
    }

    @Test(arguments: [SandboxNamespace.user, .secure])
    func `the pair's own files and what the operator named are covered`(namespace: SandboxNamespace) async throws {
        let place = "/var/lib/sandbox-tests/hidden-\(getpid())-\(namespace.name)"
        defer { DirectoryListing.remove(place) }
        for directory in [place, place + "/directory"] {
            guard mkdir(directory, 0o755) == 0 || errno == EEXIST else { throw TestFailure("cannot make \(directory)") }
        }
        for file in ["file", "directory/file", "token"] { try FileBytes.write("secret", to: place + "/" + file) }
        var options = PairOptions.helperOnly
        options.settings = [
            "hidden-paths": "\(place)/file:\(place)/directory:/no/such/path", "server-token-file": place + "/token",
        ]
        try await PairFixture.with(options) { pair in
            let programs = try ["ns-helper", "stand-in-server"].map { try TestPrograms.path($0) }
            let files = programs + [place + "/file", place + "/directory/file", place + "/token"]
            for file in files {
                let result = try await pair.shell("cat '\(file)' | wc -c", in: namespace)
                #expect(result.text == "0", "\(file)")
            }
            let listing = try await pair.shell(
                "ls -A /run '\(place)/directory'; ls -d \(pair.socketPath) /run/docker.sock 2>/dev/null; true",
                in: namespace
            )
            #expect(listing.text == "/run:\n\n\(place)/directory:" || listing.lines.count == 2, "\(listing.text)")
        }
    }

    @Test func `temporary files, homes and shared memory are private`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let places = ["/tmp", "/var/tmp", "/dev/shm", "$HOME"]
            let write = places.map { "echo mine >\($0)/marker" }.joined(separator: " && ")
            let list = "ls -A " + places.joined(separator: " ") + " | grep marker; true"
            let written = try await pair.shell(write)
            #expect(written.code == 0, "\(written.errorText)")
            #expect(access("/tmp/marker", F_OK) != 0 && access("/dev/shm/marker", F_OK) != 0)
            let inUser = try await pair.shell(list)
            #expect(inUser.lines.count == 4)
            // A cell sees neither the user's files nor those of an earlier cell.
            for _ in 0..<2 {
                let seen = try await pair.shell(list + "; " + write, in: .secure)
                #expect(seen.text == "", "\(seen.text)")
                #expect(seen.code == 0, "\(seen.errorText)")
            }
            let homes = try await pair.shell("echo $HOME; stat -c '%u %a' $HOME", in: .secure)
            #expect(homes.lines == ["/home/secure", "\(pair.ids.secure) 700"])
        }
    }

    @Test(arguments: [SandboxNamespace.user, .secure])
    func `private file systems stop at their size and at their number of files`(
        namespace: SandboxNamespace
    ) async throws {
        var options = PairOptions.helperOnly
        options.settings = [
            "tmp-size": "1m", "home-size": "2m", "shm-size": "3m", "run-size": "1m", "tmp-inodes": "100",
        ]
        try await PairFixture.with(options) { pair in
            let probe = try pair.installStateProbe()
            let home = "/home/" + namespace.name
            for (place, mebibytes) in [("/tmp", 1), ("/var/tmp", 1), (home, 2), ("/dev/shm", 3)] {
                let script = "\(probe) fill \(place)/file && rm \(place)/file && \(probe) fill \(place)"
                let result = try await pair.shell(script, in: namespace)
                let words = result.lines.map { $0.split(separator: " ") }
                try #require(words.count == 2, "\(place): \(result.text) \(result.errorText)")
                #expect(Int(words[0][0]) == mebibytes << 20, "\(place)")
                #expect(Int(words[1][0]).map { (90...100).contains($0) } == true, "\(place)")
                #expect(words.allSatisfy { $0[1] == "ENOSPC" })
            }
        }
    }

    @Test(arguments: [SandboxNamespace.user, .secure])
    func `terminals stop at their number and work through ptmx`(namespace: SandboxNamespace) async throws {
        var options = PairOptions.helperOnly
        options.settings = ["terminals": "3"]
        try await PairFixture.with(options) { pair in
            let probe = try pair.installStateProbe()
            let count = try await pair.run([probe, "terminals"], in: namespace)
            #expect(count.text == "3 ENOSPC")
            let script = try await pair.shell("script -qec 'tty; stty size' /dev/null </dev/null", in: namespace)
            #expect(script.text.hasPrefix("/dev/pts/0"), "\(script.text)")
            let own = try await pair.startInTerminal(
                ["/bin/sh", "-c", "tty; stat -c %u $(tty); stty size"],
                in: namespace,
                size: .init(rows: 33, columns: 44)
            )
            let uid = namespace == .user ? pair.ids.user : pair.ids.secure
            let text = try await own.result().text
            #expect(text.split(separator: "\r\n").map(String.init) == ["/dev/pts/0", "\(uid)", "33 44"])
        }
    }

    @Test(arguments: [SandboxNamespace.user, .secure])
    func `standard devices work and no other can be made`(namespace: SandboxNamespace) async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let script = """
                head -c 4 /dev/zero | od -An -tx1
                for d in random urandom; do head -c 8 /dev/$d | wc -c; done
                echo gone >/dev/null && wc -c </dev/null
                head -c 1 /dev/zero 2>&1 >/dev/full | grep -o 'No space'
                readlink /dev/fd /dev/stdin /dev/ptmx
                echo through | cat /dev/stdin
                ls /dev | sort | tr '\\n' ' '
                for place in /tmp /dev/shm $HOME .; do
                    mknod $place/device c 1 1 2>/dev/null && echo made in $place
                done
                true
                """
            let result = try await pair.shell(script, in: namespace)
            #expect(
                result.lines == [
                    " 00 00 00 00", "8", "8", "0", "No space", "/proc/self/fd", "/proc/self/fd/0", "pts/ptmx",
                    "through",
                    "fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero ",
                ],
                "\(result.text) \(result.errorText)"
            )
        }
    }

    @Test func `what a cell writes never gets into swap`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let script = "for d in /tmp /var/tmp /dev/shm $HOME; do findmnt -no OPTIONS $d | tail -n 1; done"
            let cell = try await pair.shell(script, in: .secure).text.split(separator: "\n")
            #expect(cell.count == 4 && cell.allSatisfy { $0.split(separator: ",").contains("noswap") }, "\(cell)")
            let user = try await pair.shell(script).text
            #expect(!user.contains("noswap"), "its memory is not scarcer than it must be")
        }
    }

    @Test func `the image's tree cannot be changed`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            for namespace in [SandboxNamespace.user, .secure] {
                let script =
                    "for d in / /etc /usr/bin /usr/lib /opt /var /home /run /sys/kernel; do "
                    + "(: >$d/mark) 2>/dev/null && echo $d; done; true"
                let result = try await pair.shell(script, in: namespace)
                #expect(result.text == "", "\(namespace.name)")
            }
            // In a cell and in control not even root could: the tree is read-only there.
            for namespace in [SandboxNamespace.control, .secure] {
                let pid = try #require(pair.inits[namespace])
                let (_, output, _) = try await ChildProcess.run([
                    "nsenter", "--target", "\(pid)", "--mount", "--", "sh", "-c", "(: >/etc/sandbox-mark) 2>&1",
                ])
                #expect(output.contains("Read-only file system"), "\(namespace.name): \(output)")
            }
        }
    }

    @Test func `setuid programs give nothing`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let program = pair.workspace + "/setuid-probe"
            let content = try #require(FileBytes.read(try TestPrograms.path("state-probe")))
            try FileBytes.write(content, to: program, mode: 0o4755)
            for namespace in [SandboxNamespace.user, .secure] {
                let state = try StateRecord(try await pair.run([program], in: namespace).output)
                #expect(state.isHarmless(uid: namespace == .user ? pair.ids.user : pair.ids.secure))
            }
        }
    }

    @Test func `mounts made for the pair do not show outside`() async throws {
        let before = FileBytes.read("/proc/self/mountinfo")
        try await PairFixture.with(.helperOnly) { pair in
            _ = try await pair.shell("true", in: .secure)
            let place = pair.workspace
            let text = String(decoding: FileBytes.read("/proc/self/mountinfo") ?? [], as: UTF8.self)
            #expect(!text.contains(place))
            #expect(
                text.split(separator: "\n").filter { $0.contains("mqueue") || $0.contains("ns-helper") }.count
                    == String(decoding: before ?? [], as: UTF8.self).split(separator: "\n")
                    .filter { $0.contains("mqueue") || $0.contains("ns-helper") }.count
            )
        }
    }

    @Test func `control sees the socket for tools and hides other uids' processes`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let pid = try #require(pair.inits[.control])
            let enter = ["nsenter", "--target", "\(pid)", "--mount", "--pid", "--"]
            let (_, output, _) = try await ChildProcess.run(
                enter + ["sh", "-c", "test -S \(pair.socketPath) && echo there; grep ' /proc ' /proc/self/mountinfo"]
            )
            #expect(output.hasPrefix("there"))
            #expect(output.contains("hidepid=invisible"))
        }
    }
}
