import Glibc
import HelperClient
import HelperProtocol
import NIOHTTP1
import SandboxAPI
import SandboxTestSupport
import Testing

/// security.md 2.H: whatever part is stopped or killed, nothing runs unsupervised, no credential survives, no port
/// comes free. `SupervisionTests` has the plain ends of server and helper.
@Suite(.timeLimit(.minutes(20)))
struct FaultTests {
    /// A pair whose server must say every so often that it lives.
    private static let watched = PairOptions(settings: ["watchdog-ms": "3000", "server-grace-ms": "100"])

    /// Waits for the pair's next server and for it to answer.
    private func nextServer(of pair: Pair, after old: Int32) async throws {
        #expect(try await pair.api.health().status == "healthy")
        let server = try #require(pair.serverPID)
        #expect(server != old)
    }

    private func allHeld(_ pair: Pair) async throws {
        for port in [pair.apiPort, pair.jupyterPort] {
            let attempts = try await pair.shell(BindAttempts.command(port: port))
            #expect(attempts.lines.count == BindAttempts.count)
            #expect(attempts.lines.allSatisfy { $0.hasSuffix(" EADDRINUSE") })
        }
    }

    /// A command with a credential that is on its way when something happens.
    private func credential(_ pair: Pair, _ canary: String, _ meeting: Rendezvous) async -> Result<Answer, any Error> {
        do {
            return .success(
                try await pair.api.attempt(
                    ExecuteRequest(
                        command: "(setsid sleep 1000 &); \(meeting.meet)",
                        env: ["TOKEN": SecretBytes(Array(canary.utf8))]
                    )
                )
            )
        } catch {
            return .failure(error)
        }
    }

    @Test func `H2 a server that hangs is killed and replaced, its commands and their credentials with it`()
        async throws
    {
        try await PairFixture.with(Self.watched) { pair in
            let canary = Canary.make()
            let meeting = try await Rendezvous(pair, "hung")
            async let answer = credential(pair, canary, meeting)
            try await meeting.arrived()
            let server = try #require(pair.serverPID)
            let held = try HostProcesses.withVariable(canary).map { try ProcessWatch($0) }
            #expect(!held.isEmpty)
            let watch = try ProcessWatch(server)
            kill(server, SIGSTOP)
            // The helper and what runs there go on, and the ports stay held, as long as it hangs.
            let on = try await pair.shell("echo on")
            #expect(on.text == "on")
            try await allHeld(pair)
            try await watch.end()
            #expect(try await pair.helper.errors.wait(for: "has not said that it lives for 3000 ms"))
            for process in held { try await process.end() }
            let cut = await answer
            #expect((try? cut.get()) == nil)
            try await nextServer(of: pair, after: server)
            #expect(HostProcesses.withVariable(canary).isEmpty)
            #expect(try await pair.api.health().serverRestarts == 1)
            try await allHeld(pair)
        }
    }

    @Test func `H2 a server that is well is never taken for one that hangs`() async throws {
        try await PairFixture.with(Self.watched) { pair in
            let server = pair.serverPID
            // Longer than twice the time that silence may last.
            let slept = try await pair.shell("sleep 7; echo done")
            #expect(slept.text == "done")
            #expect(pair.serverPID == server)
            let status = try await pair.client.status()
            #expect(status.serverRestarts == 0)
        }
    }

    @Test func `H8 a pair that was frozen as a whole goes on where it was`() async throws {
        try await PairFixture.with(Self.watched) { pair in
            let server = try #require(pair.serverPID)
            let frozen = [server, pair.helper.pid]
            for pid in frozen { kill(pid, SIGSTOP) }
            let slept = try await ChildProcess.run(["sleep", "7"])
            #expect(slept.end == .exited(0))
            for pid in frozen.reversed() { kill(pid, SIGCONT) }
            #expect(try await pair.api.output("echo on") == "on")
            #expect(pair.serverPID == server)
            let status = try await pair.client.status()
            #expect(status.serverRestarts == 0)
        }
    }

    @Test func `a helper that is stopped makes health say so, and nothing is lost when it goes on`() async throws {
        try await PairFixture.with { pair in
            let meeting = try await Rendezvous(pair, "stopped")
            async let answer = pair.api.execute(meeting.meet, namespace: .secure)
            try await meeting.arrived()
            kill(pair.helper.pid, SIGSTOP)
            let health = try await pair.api.request(.GET, "/health")
            #expect(health.status == 503)
            #expect(try health.decoded(HealthResponse.self).status == "unavailable")
            kill(pair.helper.pid, SIGCONT)
            try await meeting.release()
            #expect(try await answer.success)
            #expect(try await pair.api.health().status == "healthy")
            let status = try await pair.client.status()
            #expect(status.serverRestarts == 0)
        }
    }

    @Test(arguments: [NamespaceName.user, .secure])
    func `H5 H6 the death of a namespace's init ends what ran there, and the next command runs in a new one`(
        in namespace: NamespaceName
    ) async throws {
        try await PairFixture.with { pair in
            let duration = Canary.duration(1000)
            let canary = Canary.make()
            let meeting = try await Rendezvous(pair, "orphaned")
            let other: NamespaceName = namespace == .user ? .secure : .user
            async let answer = pair.api.attempt(
                ExecuteRequest(
                    command: "\(Canary.sleeper(duration)); \(meeting.meet)",
                    env: namespace == .secure ? ["TOKEN": SecretBytes(Array(canary.utf8))] : [:],
                    namespace: namespace
                )
            )
            try await meeting.arrived()
            let sleepers = try HostProcesses.withArgument("sleep\0\(duration)").map { try ProcessWatch($0) }
            let server = pair.serverPID
            kill(try #require(pair.inits[namespace == .user ? .user : .secure]), SIGKILL)
            for sleeper in sleepers { try await sleeper.end() }
            // It is answered, and by no success.
            let ended = try await answer
            #expect(ended.status != 200 || ended.text.contains(#""success":false"#), "\(ended.text)")
            #expect(!ended.text.contains(canary) && HostProcesses.withVariable(canary).isEmpty)
            #expect(try await pair.helper.errors.wait(for: "making the namespace anew"))
            while try await pair.api.health().namespaces.contains(where: { !$0.alive }) { await Task.yield() }
            #expect(try await pair.api.output("echo again", namespace: namespace) == "again")
            #expect(try await pair.api.output("echo other", namespace: other) == "other")
            let rows = try await pair.api.health().namespaces
            #expect(rows.first { $0.name == "\(namespace)" }?.generation == 2)
            #expect(rows.first { $0.name == "\(other)" }?.generation == 1)
            #expect(pair.serverPID == server)
        }
    }

    @Test func `the death of control's init takes the server along, and both come back`() async throws {
        try await PairFixture.with { pair in
            let canary = Canary.make()
            let meeting = try await Rendezvous(pair, "control")
            async let answer = credential(pair, canary, meeting)
            try await meeting.arrived()
            let survivor = try await pair.api.output("sleep 1000 & echo $!")
            let held = try HostProcesses.withVariable(canary).map { try ProcessWatch($0) }
            let server = try #require(pair.serverPID)
            let watch = try ProcessWatch(server)
            kill(try #require(pair.inits[.control]), SIGKILL)
            try await watch.end()
            for process in held { try await process.end() }
            let cut = await answer
            #expect((try? cut.get()) == nil)
            try await nextServer(of: pair, after: server)
            #expect(try await pair.api.health().namespaces.first { $0.name == "control" }?.generation == 2)
            #expect(HostProcesses.withVariable(canary).isEmpty)
            // What an ended command left behind is nobody's but user's own.
            #expect(try await pair.api.execute("kill -0 \(survivor)").success)
            try await allHeld(pair)
        }
    }

    @Test(arguments: [SIGKILL, SIGSTOP])
    func `an upload that the server does not survive leaves the old file whole`(signal: Int32) async throws {
        try await PairFixture.with(Self.watched) { pair in
            let file = pair.workspace + "/precious"
            _ = try await pair.api.output("echo old > \(file)")
            let upload = try RawConnection(port: pair.apiPort)
            try upload.send(
                "PUT /api/files/raw?path=\(file) HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"
                    + String(repeating: "new", count: 30_000)
            )
            // On its way: the agent has staged it.
            while !DirectoryListing.names(pair.workspace).contains(where: { $0.hasPrefix(".upload-") }) {
                await Task.yield()
            }
            let server = try #require(pair.serverPID)
            let watch = try ProcessWatch(server)
            kill(server, signal)
            try await watch.end()
            upload.close()
            try await nextServer(of: pair, after: server)
            #expect(try await pair.api.output("cat \(file)") == "old")
            let again = try await pair.api.request(.PUT, "/api/files/raw?path=\(file)", body: Array("new".utf8))
            #expect(again.status == 200)
            #expect(try await pair.api.output("cat \(file)") == "new")
        }
    }

    @Test func `H4 memory's end comes to user first, then to secure, the server and the helper`() async throws {
        try await PairFixture.with { pair in
            let own = "cat /proc/self/oom_score_adj"
            let user = try await pair.api.output(own, namespace: .user)
            let secure = try await pair.api.output(own, namespace: .secure)
            let others = try [#require(pair.serverPID), pair.helper.pid].map {
                ProcessFile.text($0, "oom_score_adj")?.filter { !$0.isWhitespace }
            }
            let order = ([user, secure] + others).compactMap { $0.flatMap { Int($0) } }
            #expect(order.count == 4 && order == order.sorted(by: >) && Set(order).count == 4, "\(order)")
        }
    }
}
