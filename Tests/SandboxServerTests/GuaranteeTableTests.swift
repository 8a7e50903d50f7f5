import HelperProtocol
import SandboxAPI
import Testing

@testable import SandboxServer

@Suite struct GuaranteeTableTests {
    private func held(_ hello: HelloReply) -> [String] {
        GuaranteeTable.rows(hello).filter(\.held).map(\.id)
    }

    @Test func `with namespaces all hold but survival, whose limits on memory and CPU are missing`() {
        #expect(held(ServerFixture.hello()) == ["G1", "G2", "G3", "G4", "G5", "G6", "G7", "G8", "G10"])
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
