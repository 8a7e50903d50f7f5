import HelperProtocol
import NIOHTTP1
import SandboxAPI
import SandboxTestSupport
import Testing

/// G10: what is running, and what of the promises really holds, can be seen.
@Suite(.timeLimit(.minutes(20)))
struct HealthTests {
    @Test func `with namespaces every guarantee is held that can be held`() async throws {
        try await PairFixture.with { pair in
            let answer = try await pair.api.request(.GET, "/health")
            #expect(answer.status == 200)
            let health = try answer.decoded(HealthResponse.self)
            #expect(health.status == "healthy" && health.mode == "namespaces" && health.isolation == "full")
            #expect(health.guarantees.map(\.id) == (1...10).map { "G\($0)" })
            let lost = health.guarantees.filter { !$0.held }
            #expect(health.guarantees.allSatisfy { $0.held == ($0.reason == nil) })
            // Memory is limited by cgroups alone, which this machine may keep to itself.
            let memory = health.limits.filter { $0.name == "memory" }
            #expect(memory.map(\.namespace) == ["user", "secure"])
            #expect(lost.map(\.id) == (memory.allSatisfy { $0.source == "controlGroup" } ? [] : ["G9"]))
            let processes = HealthResponse.Limit(
                name: "processes",
                namespace: "user",
                value: 1024,
                source: "resourceLimit"
            )
            #expect(health.limits.contains(processes), "\(health.limits)")
            #expect(health.limits.contains { $0.name == "connections" && $0.source == "server" })
            #expect(health.namespaces.map(\.name) == ["control", "user", "secure"])
            #expect(health.namespaces.allSatisfy { $0.alive && $0.generation == 1 && $0.running == 0 })
            #expect(health.workspace == .init(path: pair.workspace, sharing: "idmapped"))
            #expect(health.warning == nil && health.probeFailure == nil)
            #expect((health.namespaceSetupUs ?? 0) > 0 && health.serverRestarts == 0)
        }
    }

    @Test func `running commands are counted`() async throws {
        try await PairFixture.with { pair in
            let meeting = try await Rendezvous(pair, "count")
            async let command = pair.api.execute(meeting.meet, namespace: .secure)
            try await meeting.arrived()
            let rows = try await pair.api.health().namespaces
            #expect(rows.first { $0.name == "secure" }?.running == 1)
            try await meeting.release()
            _ = try await command
            #expect(try await pair.api.health().namespaces.allSatisfy { $0.running == 0 })
        }
    }

    @Test func `without isolation everybody is warned, and what still holds is told`() async throws {
        let settings = ["accept-unprotected-credentials": "none"]
        try await PairFixture.with(PairOptions(isolation: "none", settings: settings)) { pair in
            let answer = try await pair.api.request(.GET, "/health")
            let health = try answer.decoded(HealthResponse.self)
            #expect(answer.status == 200 && health.status == "healthy")
            #expect(health.mode == "none" && health.isolation == "none" && health.namespaces.isEmpty)
            #expect(health.warning?.contains("Isolation is off") == true)
            let lost = health.guarantees.filter { !$0.held }
            #expect(lost.map(\.id) == ["G1", "G4", "G5", "G6", "G9"])
            #expect(lost.allSatisfy { $0.reason?.isEmpty == false })

            let plain = try await pair.api.execute("id -u")
            #expect(plain.isolation == nil && plain.stdout == "\(pair.ids.user)")
            #expect(!pair.helper.errors.text.contains("credentials that are not fully protected"))
            let secret = try await pair.api.execute("printenv TOKEN; id -u", env: ["TOKEN": "a"])
            #expect(secret.isolation == "none" && secret.stdout == "a\n\(pair.ids.secure)")
            #expect(try await pair.helper.errors.wait(for: "credentials that are not fully protected"))
            #expect(pair.helper.errors.text.contains("Isolation is off"))

            // The uids differ all the same, so this much holds.
            let own = "curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:\(pair.apiPort)/health"
            #expect(try await pair.api.output(own) == "403")
            let attempts = try await pair.api.output(BindAttempts.command(port: pair.apiPort)).split(separator: "\n")
            #expect(attempts.count == BindAttempts.count && attempts.allSatisfy { $0.hasSuffix(" EADDRINUSE") })
        }
    }

    /// Starts the helper without the right to make namespaces.
    private static let powerless = ["capsh", "--drop=cap_sys_admin", "--", "-c", "exec \"$@\"", "capsh"]

    @Test func `demanded isolation that is impossible is never replaced by less`() async throws {
        try await PairFixture.with(PairOptions(wrapper: Self.powerless)) { pair in
            let answer = try await pair.api.request(.GET, "/health")
            let health = try answer.decoded(HealthResponse.self)
            #expect(answer.status == 503)
            #expect(health.status == "unavailable" && health.mode == nil && health.isolation == "unavailable")
            let failure = try #require(health.probeFailure)
            #expect(failure.remedy.contains("SYS_ADMIN"), "\(failure)")
            #expect(Set(["G1", "G3", "G4", "G5"]).isSubset(of: health.guarantees.filter { !$0.held }.map(\.id)))

            let marker = pair.workspace + "/started"
            for namespace in ["user", "secure"] {
                let refusal = try await pair.api.post(#"{"command":"touch \#(marker)","namespace":"\#(namespace)"}"#)
                #expect(refusal.status == 500)
                let error = try refusal.failure
                #expect(error.code == "ISOLATION_UNAVAILABLE")
                #expect(error.suggestion?.contains("SYS_ADMIN") == true)
            }
            #expect(FileBytes.read(marker) == nil)
            // The ports are held all the same.
            let held = try await ChildProcess.run(["sh", "-c", BindAttempts.command(port: pair.apiPort)])
            #expect(held.output.split(separator: "\n").allSatisfy { $0.hasSuffix(" EADDRINUSE") })
        }
    }

    @Test func `auto falls back and says why`() async throws {
        try await PairFixture.with(PairOptions(isolation: "auto", wrapper: Self.powerless)) { pair in
            let health = try await pair.api.health()
            #expect(health.status == "healthy" && health.mode == "users" && health.isolation == "partial")
            #expect(health.probeFailure?.remedy.contains("SYS_ADMIN") == true)
            #expect(try await pair.api.output("echo works") == "works")
        }
    }

    @Test func `the small routes answer in their shapes`() async throws {
        try await PairFixture.with { pair in
            let ping = try await pair.api.request(.GET, "/api/ping").decoded(PingResponse.self)
            #expect(ping.success && ping.status == "healthy" && ping.message == "pong")
            let version = try await pair.api.request(.GET, "/api/version").decoded(VersionResponse.self)
            let health = try await pair.api.health()
            #expect(version.success && version.version == health.version)
            let root = try await pair.api.request(.GET, "/")
            #expect(root.status == 200 && root.headers.first(name: "content-type")?.hasPrefix("text/plain") == true)
            let head = try await pair.api.request(.HEAD, "/health")
            #expect(head.status == 200 && head.body.isEmpty)
        }
    }
}
