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

    @Test func `a program of the pair's that belongs to the uid cannot be replaced`() async throws {
        var options = try PairOptions.restrictedPod(
            server: .standIn,
            settings: ["accept-unprotected-credentials": "landlock"]
        )
        let owner = try #require(options.owner)
        let home = "/var/tmp/sandbox-programs-\(owner)"
        let agent = home + "/agent"
        let content = try #require(FileBytes.read(try TestPrograms.path("sandbox-agent")))
        guard mkdir(home, 0o755) == 0 else { throw TestFailure("no \(home)") }
        defer { DirectoryListing.remove(home) }
        try FileBytes.write(content, to: agent, mode: 0o755)
        for path in [home, agent] { chown(path, owner, owner) }
        options.settings["agent"] = agent
        try await PairFixture.with(options) { pair async throws in
            let replace =
                "cp /bin/true \(home)/x; cp /bin/true $HOME/x; mv -f $HOME/x \(agent); echo x >> \(agent); echo tried"
            for namespace in [SandboxNamespace.user, .secure] {
                #expect(try await pair.shell(replace, in: namespace).text == "tried")
                #expect(try #require(FileBytes.read(agent)) == content, "\(namespace)")
                #expect(try await pair.shell("head -c 4 \(agent) | tail -c 3", in: namespace).text == "ELF")
            }
            #expect(try await pair.shell("echo x > own && cat own").text == "x")
        }
    }

    @Test func `a secret that is mounted below run is not to be read`() async throws {
        let place = "/run/sandbox-test-\(getpid())"
        let secrets = place + "/secrets"
        for path in [place, secrets] {
            guard mkdir(path, 0o755) == 0 else { throw TestFailure("no \(path)") }
        }
        defer { for path in [secrets, place] { rmdir(path) } }
        let mounted = try await ChildProcess.run(["mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", secrets])
        #expect(mounted.end == .exited(0), "\(mounted.errors)")
        try FileBytes.write("hidden", to: secrets + "/token", mode: 0o644)
        try FileBytes.write("open", to: place + "/other", mode: 0o644)
        defer { unlink(place + "/other") }
        let options = try PairOptions.restrictedPod(
            server: .standIn,
            settings: ["accept-unprotected-credentials": "landlock"]
        )
        try await PairFixture.with(options) { pair async throws in
            for namespace in [SandboxNamespace.user, .secure] {
                #expect(try await pair.shell("cat \(secrets)/token \(place)/other", in: namespace).text == "open")
            }
        }
        _ = try await ChildProcess.run(["umount", secrets])
    }
}
