import Glibc
import HelperClient
import HelperProtocol
import SandboxTestSupport
import Testing

/// What the helper does where isolation is not wanted or cannot be had.
@Suite(.timeLimit(.minutes(20)))
struct ModeTests {
    /// Takes one capability away before the helper starts.
    private static func without(_ capability: String, isolation: String) -> PairOptions {
        PairOptions(
            isolation: isolation,
            server: .standIn,
            wrapper: ["capsh", "--drop=cap_\(capability)", "--", "-c", "exec \"$0\" \"$@\""]
        )
    }

    @Test func `none warns at start and runs commands under their uids`() async throws {
        let settings = ["accept-unprotected-credentials": "none"]
        try await PairFixture.with(PairOptions(isolation: "none", server: .standIn, settings: settings)) { pair in
            #expect(pair.hello.mode == IsolationMode.none)
            #expect(pair.hello.probeFailure == nil)
            #expect(pair.helper.errors.text.contains("ISOLATION IS OFF"))
            #expect(pair.helper.errors.text.contains("CREDENTIALS ARE NOT FULLY PROTECTED in mode none"))
            for (namespace, uid) in [(SandboxNamespace.user, pair.ids.user), (.secure, pair.ids.secure)] {
                let result = try await pair.shell("id -u; exit 3", in: namespace)
                #expect(result.text == "\(uid)")
                #expect(result.code == 3)
            }
            let status = try await pair.client.status()
            #expect(status.namespaces == [])
            await #expect(throws: HelperClientError.self) { try await pair.client.reset(.user) }
        }
    }

    @Test func `none ends whole trees as well`() async throws {
        try await PairFixture.with(PairOptions(isolation: "none", server: .standIn)) { pair in
            let probe = try pair.installStateProbe()
            let command = try await pair.start([probe, "tree", "stay"])
            try await command.output.wait(for: "ready")
            try await command.process.terminate(grace: .milliseconds(100))
            _ = try await command.process.exitStatus
            #expect(ProcessFile.processes(of: [pair.ids.user]) == [])
        }
    }

    @Test(arguments: ["sys_admin", "sys_chroot", "setpcap", "kill"])
    func `auto falls back and names the capability that is missing`(capability: String) async throws {
        try await PairFixture.with(Self.without(capability, isolation: "auto")) { pair in
            // Without KILL nobody could end what runs under other uids.
            #expect(pair.hello.mode == (capability == "kill" ? IsolationMode.none : .users))
            let failure = try #require(pair.hello.probeFailure)
            #expect(failure.stage == .helperCapabilities)
            #expect(failure.remedy.contains("--cap-add " + capability.uppercased()), "\(failure.remedy)")
            let log = pair.helper.errors.text
            #expect(log.contains("mode namespaces cannot be had: step 'helperCapabilities' failed"))
            #expect(log.contains("ISOLATION IS OFF") == (capability == "kill"))
            await #expect(throws: HelperClientError.refused(HelperFailure(.isolationUnavailable))) {
                try await pair.run(["true"], in: .secure)
            }
            let result = try await pair.shell("echo served")
            #expect(result.text == "served")
        }
    }

    @Test(arguments: ["setuid", "setgid"], ["auto", "namespaces", "none"])
    func `root that cannot become another user starts nothing at all`(
        capability: String,
        isolation: String
    ) async throws {
        let (end, _, log) = try await PairFixture.runToEnd(Self.without(capability, isolation: isolation))
        #expect(end == .exited(78))
        #expect(log.contains("--cap-add " + capability.uppercased()), "\(log)")
    }

    @Test func `namespaces that are demanded and cannot be had start nothing`() async throws {
        try await PairFixture.with(Self.without("sys_admin", isolation: "namespaces")) { pair in
            #expect(pair.hello.mode == nil)
            let failure = try #require(pair.hello.probeFailure)
            #expect(failure.stage == .helperCapabilities)
            #expect(failure.errno == EPERM)
            #expect(failure.remedy.contains("--cap-add SYS_ADMIN"))
            #expect(pair.helper.errors.text.contains("no command will be started"))
            for namespace in [SandboxNamespace.user, .secure] {
                await #expect(throws: HelperClientError.refused(HelperFailure(.isolationUnavailable))) {
                    try await pair.run(["true"], in: namespace)
                }
            }
            // Health is served all the same: the server runs.
            #expect(pair.serverPID != nil)
            let status = try await pair.client.status()
            #expect(status.processes == [])
        }
    }

    @Test(arguments: ["auto", "namespaces"])
    func `without root the first missing thing is root`(isolation: String) async throws {
        let owner = UInt32(5_000_000 + Int(getpid()) % 100_000 * 2 + (isolation == "auto" ? 0 : 1))
        let options = PairOptions(isolation: isolation, server: .standIn, owner: owner)
        try await PairFixture.with(options) { pair in
            #expect(pair.hello.mode == (isolation == "auto" ? .landlock : nil))
            #expect(pair.hello.probeFailure?.stage == .helperIdentity)
            #expect(pair.hello.probeFailure?.remedy.contains("root") == true)
            #expect(pair.ids.user == owner && pair.ids.secure == owner && pair.ids.control == owner)
            if isolation == "auto" {
                let result = try await pair.shell("id -u", directory: "/")
                #expect(result.text == "\(owner)")
            }
        }
    }

    @Test func `the probe says what works and exits with 0`() async throws {
        let (end, output, _) = try await PairFixture.runToEnd(arguments: ["--probe"])
        #expect(end == .exited(0))
        #expect(output.contains("namespaces: available\n"))
        #expect(output.contains("workspace: "))
        #expect(output.contains("users: available\n"))
        #expect(output.contains("landlock: not available\nfailed step: helperIdentity"))
    }

    @Test func `the probe harms no pair that runs beside it`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            var options = PairOptions.helperOnly
            options.ids = pair.ids
            let command = try await pair.startShell("echo up; exec sleep 1000", until: "up")
            let (end, output, _) = try await PairFixture.runToEnd(options, arguments: ["--probe"])
            #expect(end == .exited(0) && output.contains("users: available\n"), "\(output)")
            #expect(try await pair.shell("pgrep -c sleep").text == "1")
            try await command.process.terminate(grace: .zero)
            #expect(try await command.process.exitStatus.cause == .signaled(9))
        }
    }

    @Test func `none serves without root as well`() async throws {
        let options = try PairOptions.restrictedPod(isolation: "none", server: .standIn)
        try await PairFixture.with(options) { pair async throws in
            #expect(pair.hello.mode == IsolationMode.none)
            #expect(try await pair.shell("id -u").text == "\(pair.ids.control)")
            // A server that cannot be started is missed here.
            #expect(pair.serverPID != nil)
        }
    }

    @Test func `the probe names step and remedy and exits with 1`() async throws {
        let (end, output, _) = try await PairFixture.runToEnd(
            Self.without("sys_chroot", isolation: "none"),
            arguments: ["--probe"]
        )
        #expect(end == .exited(1))
        #expect(output.contains("namespaces: not available\nfailed step: helperCapabilities"))
        #expect(output.contains("--cap-add SYS_CHROOT"))
    }

    @Test func `the probe leaves nothing behind`() async throws {
        let before = ProcessFile.all.filter { ProcessFile.name($0)?.hasPrefix("ns-init") == true }
        _ = try await PairFixture.runToEnd(arguments: ["--probe"])
        try await PairFixture.with(.helperOnly) { pair in
            let others = ProcessFile.processes(of: [pair.ids.control]).count
            #expect(others == 4)
            #expect(before.allSatisfy { $0 > 1 })
        }
    }

    @Test(arguments: [
        ("api-port", "70000"), ("api-port", "x"), ("jupyter-port", "-1"), ("reserved-ports", "80,0"),
        ("reserved-ports", "80;90"), ("isolation", "strong"), ("control-uid", "0"), ("user-uid", "4294967295"),
        ("workspace", "relative"), ("workspace", "/a/../b"), ("socket", ""), ("tmp-size", "10"), ("tmp-size", "0k"),
        ("home-size", "1t"), ("tmp-inodes", "1"), ("terminals", "0"), ("process-slots", "0"), ("grace-ms", "600001"),
        ("user-processes", "1"), ("hidden-paths", "/a:b"), ("no-such-option", "1"),
    ])
    func `a bad option stops the start with one line that names it`(name: String, value: String) async throws {
        var options = PairOptions.helperOnly
        options.settings = [name: value]
        let (end, _, log) = try await PairFixture.runToEnd(options)
        #expect(end == .exited(78))
        #expect(log.hasPrefix("ns-helper: error: --\(name)"), "\(log)")
        #expect(log.split(separator: "\n").count == 1, "\(log)")
    }

    @Test(arguments: [
        (["user-uid": "77", "secure-uid": "77"], "three different ids"),
        (["cell-uid": "77", "user-uid": "77"], "cell-uid"),
        (["control-gid": "77", "workspace-gid": "77"], "must differ"),
        (["api-port": "9999", "jupyter-port": "9999"], "same port twice"),
    ])
    func `options that contradict each other stop the start`(settings: [String: String], text: String) async throws {
        var options = PairOptions.helperOnly
        options.settings = settings
        let (end, _, log) = try await PairFixture.runToEnd(options)
        #expect(end == .exited(78))
        #expect(log.contains(text), "\(log)")
    }

    @Test func `flags win over the environment and the environment over the file`() async throws {
        let path = "/var/lib/sandbox-tests/precedence-\(getpid()).conf"
        mkdir("/var/lib/sandbox-tests", 0o755)
        defer { unlink(path) }
        try FileBytes.write("process-slots = 5\nterminals = 2\n# nothing\ncell-slots = 1\n", to: path)
        var options = PairOptions.helperOnly
        options.settings = ["config": path, "cell-slots": "3"]
        options.environment["SANDBOX_PROCESS_SLOTS"] = "7"
        options.environment["SANDBOX_CELL_SLOTS"] = "2"
        try await PairFixture.with(options) { pair in
            #expect(pair.hello.processSlots == 10)
            let probe = try pair.installStateProbe()
            let terminals = try await pair.run([probe, "terminals"])
            #expect(terminals.text == "2 ENOSPC")
            for _ in 0..<3 { _ = try await pair.startShell("echo up; exec sleep 1000", in: .secure, until: "up") }
            await #expect(throws: HelperClientError.refused(HelperFailure(.noFreeSlot))) {
                try await pair.run(["true"], in: .secure)
            }
        }
    }
}
