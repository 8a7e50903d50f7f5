import Testing

@testable import SandboxServer

@Suite struct InheritedDescriptorsTests {
    private let good = ["LISTEN_FDS": "4", "LISTEN_FDNAMES": "helper:api:jupyter:filter"]

    @Test func `names give the numbers, in any order`() throws {
        let usual = try InheritedDescriptors(environment: good, pid: 5)
        #expect(usual.helper == 3 && usual.api == 4 && usual.jupyter == 5 && usual.filter == 6)
        let other = good.merging(["LISTEN_FDNAMES": "jupyter:helper:filter:api", "LISTEN_PID": "5"]) { $1 }
        #expect(try InheritedDescriptors(environment: other, pid: 5).helper == 4)
        let audited = ["LISTEN_FDS": "5", "LISTEN_FDNAMES": "helper:api:jupyter:filter:audit"]
        #expect(try InheritedDescriptors(environment: audited, pid: 5).audit == 7 && usual.audit == nil)
    }

    @Test(
        arguments: [
            ["LISTEN_FDS": nil], ["LISTEN_FDS": "0"], ["LISTEN_FDS": "x"], ["LISTEN_FDS": "2"], ["LISTEN_PID": "6"],
            ["LISTEN_FDNAMES": nil], ["LISTEN_FDNAMES": "helper:api:api:filter"],
            ["LISTEN_FDNAMES": "helper:api:jupyter:other"],
        ] as [[String: String?]]
    )
    func `anything else is refused`(_ change: [String: String?]) {
        var environment = good
        for (name, value) in change { environment[name] = value }
        #expect(throws: StartupError.self) { _ = try InheritedDescriptors(environment: environment, pid: 5) }
    }
}
