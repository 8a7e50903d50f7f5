import Glibc
import HelperProtocol
import SandboxTestSupport
import Testing

/// The two real programs together, as far as the helper is concerned; the API has tests of its own.
@Suite(.timeLimit(.minutes(20)))
struct RealPairTests {
    @Test func `the server runs in control without any right and stops in order`() async throws {
        try await PairFixture.with { pair in
            let health = try await ChildProcess.run([
                "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "http://127.0.0.1:\(pair.apiPort)/health",
            ])
            #expect(health.output == "200")
            let server = try #require(pair.serverPID)
            let status = ProcessFile.status(server)
            let uid = "\(pair.ids.control)"
            #expect(status["Uid"] == "\(uid) \(uid) \(uid) \(uid)")
            for set in ["Inh", "Prm", "Eff", "Bnd", "Amb"] { #expect(status["Cap" + set] == "0000000000000000") }
            #expect(status["NoNewPrivs"] == "1")
            // The helper's filter, and its own that denies execve.
            #expect(status["Seccomp_filters"] == "2")
            let pid = ProcessFile.link(server, "ns/pid")
            #expect(pid == pair.inits[.control].flatMap { ProcessFile.link($0, "ns/pid") })
            let names = Set(
                (ProcessFile.text(server, "environ") ?? "").split(separator: "\0").map { $0.prefix { $0 != "=" } }
            )
            #expect(names.isSubset(of: ["PATH", "LANG", "LISTEN_FDS", "LISTEN_FDNAMES", "WATCHDOG_USEC"]), "\(names)")
        }
    }
}
