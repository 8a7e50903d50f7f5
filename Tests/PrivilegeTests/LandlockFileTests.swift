import Glibc
import HelperProtocol
import SandboxTestSupport
import Testing

/// Mode `landlock`: what user code does to the directories of its uid does not widen what a domain may open.
@Suite(.timeLimit(.minutes(20)))
struct LandlockFileTests {
    @Test func `a link in the workspace's place gives nothing of what it points to`() async throws {
        let secret = "/var/lib/sandbox-tests/secret-\(getpid())"
        mkdir("/var/lib/sandbox-tests", 0o755)
        try FileBytes.write("hidden", to: secret, mode: 0o644)
        defer { unlink(secret) }
        var options = try PairOptions.restrictedPod(
            server: .standIn,
            settings: ["accept-unprotected-credentials": "landlock", "hidden-paths": secret]
        )
        let owner = try #require(options.owner)
        let home = "/var/tmp/sandbox-home-\(owner)"
        for path in [home, home + "/ws"] {
            guard mkdir(path, 0o755) == 0, chown(path, owner, owner) == 0 else { throw TestFailure("no \(path)") }
        }
        defer { for path in ["/ws", "/old", ""] { remove(home + path) } }
        options.workspace = home + "/ws"
        try await PairFixture.with(options) { pair async throws in
            let look = "cat \(secret)"
            #expect(try await pair.shell(look).text == "")
            #expect(try await pair.shell("cd \(home) && mv ws old && ln -s / ws && echo moved").text == "moved")
            // A domain that begins now is made from the same names.
            #expect(try await pair.shell(look, in: .secure).text == "")
            _ = try? await pair.shell("kill -9 -1")
            #expect(try await pair.shell(look, in: .secure).text == "")
            #expect(try await pair.shell("cat /etc/hostname >/dev/null && echo works", in: .secure).text == "works")
        }
    }
}
