import HelperProtocol
import SandboxAPI
import Testing

@testable import SandboxServer

@Suite struct GuaranteeTableTests {
    private func held(_ hello: HelloReply) -> [String] {
        GuaranteeTable.rows(hello).filter(\.held).map(\.id)
    }

    @Test func `with namespaces all hold but survival, for which memory must be limited too`() {
        var hello = ServerFixture.hello()
        hello.controlGroupProblem = "no cgroups"
        #expect(held(hello) == ["G1", "G2", "G3", "G4", "G5", "G6", "G7", "G8", "G10"])
        #expect(GuaranteeTable.rows(hello)[8].reason?.contains("no cgroups") == true)
        func limit(_ namespace: SandboxNamespace, _ source: SandboxLimit.Source) -> SandboxLimit {
            SandboxLimit(resource: .memory, namespace: namespace, source: source, value: 1)
        }
        for weak in [[limit(.user, .controlGroup)], [limit(.user, .controlGroup), limit(.secure, .container)]] {
            hello.limits = weak
            #expect(!held(hello).contains("G9"))
        }
        hello.limits = [limit(.user, .controlGroup), limit(.secure, .controlGroup)]
        #expect(held(hello).count == 10)
    }

    @Test func `a report lists the helper's limits and the server's`() {
        var hello = ServerFixture.hello()
        hello.limits = [SandboxLimit(resource: .processes, namespace: .user, source: .resourceLimit, value: 7)]
        let own = ServerLimits.rows(ServerConfiguration())
        let limits = HealthReport.make(hello, status: nil, limits: own).limits
        #expect(limits.first == .init(name: "processes", namespace: "user", value: 7, source: "resourceLimit"))
        #expect(limits.dropFirst().elementsEqual(own))
        #expect(own.contains(.init(name: "headerTimeoutMs", namespace: "control", value: 15_000, source: "server")))
    }

    @Test func `in mode users all hold but what needs a PID namespace, and limits`() {
        var hello = ServerFixture.hello(.users)
        #expect(held(hello) == ["G2", "G3", "G5", "G6", "G7", "G8", "G10"])
        #expect(GuaranteeTable.rows(hello).allSatisfy { $0.held == ($0.reason == nil) })
        // Every uid that a cell or a keeper can have is refused at the API.
        #expect(GuaranteeTable.sandboxUIDs(hello)?.isSuperset(of: 4300..<4310) == true)
        hello.landlockVersion = 0
        #expect(held(hello) == ["G2", "G3", "G6", "G7", "G8", "G10"])
    }

    @Test func `in mode landlock less holds than in users, and the one uid is refused`() {
        var hello = ServerFixture.hello(.landlock)
        hello.ids.user = hello.ids.control
        hello.ids.secure = hello.ids.control
        #expect(held(hello) == ["G2", "G3", "G6", "G7", "G8", "G10"])
        #expect(GuaranteeTable.rows(hello).allSatisfy { $0.held == ($0.reason == nil) })
        #expect(GuaranteeTable.sandboxUIDs(hello) == [hello.ids.control])
        #expect(HealthReport.warning(hello) == nil)
        #expect(HealthReport.warning(hello, hasToken: false)?.contains("SANDBOX_SERVER_ACCESS_TOKEN_FILE") == true)
        #expect(HealthReport.make(hello, status: nil).isolation == "partial")
    }

    @Test func `who accepts weaker protection is warned in every report`() {
        #expect(HealthReport.warning(ServerFixture.hello()) == nil)
        #expect(HealthReport.warning(ServerFixture.hello(.users)) == nil)
        #expect(HealthReport.warning(ServerFixture.hello(.users, true))?.contains("users") == true)
        #expect(HealthReport.warning(ServerFixture.hello(IsolationMode.none)) != nil)
    }

    @Test func `in mode none only what does not need isolation holds`() {
        var hello = ServerFixture.hello(IsolationMode.none)
        #expect(held(hello) == ["G2", "G3", "G7", "G8", "G10"])
        hello.ids.user = hello.ids.control
        hello.ids.secure = hello.ids.control
        #expect(held(hello) == ["G2", "G3", "G8", "G10"])
        #expect(GuaranteeTable.rows(hello).allSatisfy { $0.held == ($0.reason == nil) })
    }

    @Test func `a report without isolation says why`() {
        let report = HealthReport.make(ServerFixture.hello(nil), status: nil)
        #expect(report.status == "unavailable" && report.mode == nil && report.isolation == "unavailable")
        #expect(report.probeFailure?.step == "newNamespace" && report.probeFailure?.remedy == "Add SYS_ADMIN.")
    }
}
