import Glibc
import HelperProtocol
import SandboxAPI
import SandboxTestSupport
import Testing

/// G1: nothing of the control plane can be listed, signalled, traced or read by user code.
@Suite(.timeLimit(.minutes(20)))
struct ControlPlaneTests {
    /// Prints pid and name of everything that exists for the caller, whoever owns it: permission denied is an answer
    /// too.
    private static let walk = """
        python3 - <<'EOF'
        import errno, os
        for pid in range(1, 100000):
            try: os.kill(pid, 0)
            except OSError as e:
                if e.errno == errno.ESRCH: continue
            print(pid, open('/proc/%d/comm' % pid).read().strip())
        EOF
        """

    @Test(arguments: [NamespaceName.user, .secure])
    func `control plane is invisible and unkillable`(from namespace: NamespaceName) async throws {
        try await PairFixture.with { pair in
            let api = pair.api
            let server = try #require(pair.serverPID)

            let listing = try await api.output("ps aux; ps -eo pid,ppid,uid,comm,args", namespace: namespace)
            for name in ["sandbox-server", "ns-helper", "init control"] {
                #expect(!listing.contains(name), "ps shows \(name)")
            }
            // The init, what watches over the command, and the command itself.
            let alive = try await api.output(Self.walk, namespace: namespace).split(separator: "\n")
            #expect((2...4).contains(alive.count), "\(alive)")
            for line in alive {
                let name = line.drop { $0 != " " }.dropFirst()
                #expect(["bash", "python3"].contains(name) || name.hasPrefix("ns-"), "\(line)")
                #expect(!name.hasPrefix("ns-helper") && !name.hasSuffix("control"), "\(line)")
            }

            for attack in [
                "pkill -9 -f sandbox-server", "pkill -9 sandbox", "pkill -9 -f ns-", "pkill -9 -U \(pair.ids.control)",
                "kill -9 \(server) \(pair.helper.pid)", "kill -9 1", "kill -STOP 1", "kill -TERM 1", "kill -9 -1",
                "python3 -c 'import os; os.kill(-1, 9)'",
            ] {
                _ = try await api.execute(attack, namespace: namespace)
                #expect(try await api.health().status == "healthy", "after \(attack)")
            }
            let health = try await api.health()
            #expect(health.serverRestarts == 0)
            #expect(health.namespaces.count == 3)
            #expect(health.namespaces.allSatisfy { $0.alive && $0.generation == 1 })
            #expect(pair.serverPID == server)
            #expect(pair.inits == pair.initialInits)
        }
    }

    @Test func `the same walk finds the server where isolation is off`() async throws {
        try await PairFixture.with(PairOptions(isolation: "none")) { pair in
            let server = try #require(pair.serverPID)
            let alive = try await pair.api.output(Self.walk).split(separator: "\n")
            #expect(alive.contains { $0.hasPrefix("\(server) ") })
            #expect(alive.contains { $0.hasPrefix("\(pair.helper.pid) ") })
        }
    }

    @Test(arguments: [NamespaceName.user, .secure])
    func `the init of a namespace gives nothing away`(in namespace: NamespaceName) async throws {
        try await PairFixture.with { pair in
            for file in ["environ", "maps", "mem", "fd/", "root/", "cwd/", "exe", "ns/pid"] {
                let response = try await pair.api.execute(
                    "ls /proc/1/\(file) && cat /proc/1/\(file)",
                    namespace: namespace
                )
                #expect(response.exitCode != 0, "/proc/1/\(file)")
                #expect(response.stderr.contains("denied"), "/proc/1/\(file): \(response.stderr)")
            }
            let traced = try await pair.api.execute("timeout 5 strace -p 1 2>&1", namespace: namespace)
            #expect(traced.stdout.contains("not permitted"), "\(traced.stdout)")
        }
    }

    @Test func `health is answered while user code kills all it can in a loop`() async throws {
        try await PairFixture.with { pair in
            let server = try #require(pair.serverPID)
            async let storm = pair.api.execute("for i in $(seq 300); do kill -9 -1; pkill -9 .; done", namespace: .user)
            for _ in 0..<20 { #expect(try await pair.api.health().status == "healthy") }
            _ = try await storm
            #expect(pair.serverPID == server)
        }
    }
}
