import HelperClient
import HelperProtocol
import SandboxTestSupport
import Testing

/// What the privileged program itself looks like from outside.
@Suite(.timeLimit(.minutes(20)))
struct HelperProcessTests {
    /// KILL 5, SETGID 6, SETUID 7, SETPCAP 8, SYS_CHROOT 18, SYS_ADMIN 21 (capability.h).
    private static let six = [5, 6, 7, 8, 18, 21].reduce(UInt64(0)) { $0 | 1 << UInt64($1) }

    @Test func `it has one thread and exactly six capabilities`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let status = ProcessFile.status(pair.helper.pid)
            #expect(status["Threads"] == "1")
            for (set, expected) in [("Prm", Self.six), ("Eff", Self.six), ("Bnd", Self.six), ("Inh", 0), ("Amb", 0)] {
                #expect(status["Cap" + set].flatMap { UInt64($0, radix: 16) } == expected, "Cap\(set)")
            }
            #expect(status["NoNewPrivs"] == "1")
        }
    }

    @Test func `its environment is gone from the file and from the memory`() async throws {
        let secret = "s3cr3t-\(UInt64.random(in: .min ... .max))"
        var options = PairOptions.helperOnly
        options.environment["CONTAINER_TOKEN"] = secret
        options.environment["SECRET"] = "x" + secret + "y"
        try await PairFixture.with(options) { pair in
            // A request later, so that whatever copies things at use has been used.
            _ = try await pair.shell("true")
            let environment = try #require(ProcessFile.bytes(pair.helper.pid, "environ"))
            #expect(environment.allSatisfy { $0 == 0 })
            #expect(try ProcessMemory.copies(of: secret, in: pair.helper.pid) == 0)
            for pid in pair.processes {
                #expect(try ProcessMemory.copies(of: secret, in: pid) == 0, "\(ProcessFile.name(pid) ?? "")")
            }
        }
    }

    @Test func `the memory scan finds what is there`() async throws {
        let process = try ChildProcess(["sleep", "1000"], environment: ["PATH": "/bin", "SECRET": "in-sight"])
        defer { process.signal(9) }
        #expect(try ProcessMemory.copies(of: "in-sight", in: process.pid) > 0)
    }

    @Test func `its command line shows its name alone`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let line = try #require(ProcessFile.text(pair.helper.pid, "cmdline"))
            #expect(line.prefix { $0 != "\0" } == "ns-helper")
            #expect(line.allSatisfy { $0 == "\0" } == false)
            #expect(line.drop { $0 != "\0" }.allSatisfy { $0 == "\0" })
        }
    }

    @Test func `root without the tracing capability cannot look inside`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let blind = ["setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace"]
            let other = try ChildProcess(blind + ["sleep", "1000"])
            while ProcessFile.name(other.pid) != "sleep" { await Task.yield() }
            defer { other.signal(9) }
            // Not `environ` and `maps`: CAP_PERFMON, or SYS_ADMIN, opens those of everybody since Linux 6.13.
            let scripts = ["readlink /proc/PID/exe", "readlink /proc/PID/fd/1", "exec 3</proc/PID/mem"]
            for script in scripts {
                func look(_ pid: Int32) async throws -> Bool {
                    let script = script.replacing("PID", with: "\(pid)")
                    return try await ChildProcess.run(blind + ["sh", "-c", script]).end == .exited(0)
                }
                let (seen, hidden) = (try await look(other.pid), try await look(pair.helper.pid))
                #expect(seen, "a dumpable process can be looked into, or '\(script)' shows nothing")
                #expect(!hidden, "\(script)")
            }
        }
    }

    @Test func `it holds no descriptor that its launcher had`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let links = DirectoryListing.names("/proc/\(pair.helper.pid)/fd").compactMap {
                ProcessFile.link(pair.helper.pid, "fd/\($0)")
            }
            // The agent's program is its own, opened at start.
            let own = ["/dev/null", try TestPrograms.path("sandbox-agent")]
            #expect(links.allSatisfy { !$0.hasPrefix("/") || own.contains($0) }, "\(links)")
        }
    }

    @Test func `none of its processes but the server keeps a descriptor of its listeners`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            for (namespace, pid) in pair.inits {
                let links = DirectoryListing.names("/proc/\(pid)/fd").compactMap { ProcessFile.link(pid, "fd/\($0)") }
                #expect(links.filter { $0.hasPrefix("socket:") } == [], "init of \(namespace.name)")
                #expect(links.filter { $0.contains("ns/") || $0.hasPrefix("mnt:") } == [], "init of \(namespace.name)")
            }
        }
    }
}
