import HelperProtocol
import Testing

@testable import NSHelper

struct SandboxLimitsTests {
    private func limits(ownScore: Int = 0, container: UInt64? = nil) -> SandboxLimits {
        SandboxLimits(HelperConfiguration(), ownScore: ownScore, containerProcesses: container)
    }

    /// 0: Docker; 986: a Kubernetes pod of class Burstable; -997: one of class Guaranteed.
    @Test(arguments: [0, 300, 986, -997])
    func whoGoesFirstWhenMemoryEndsIsUserThenSecureThenTheServerThenTheHelper(ownScore: Int) {
        let limits = limits(ownScore: ownScore)
        let order = [
            ownScore, limits.serverOutOfMemoryScore, limits.secure.outOfMemoryScore, limits.user.outOfMemoryScore,
        ]
        #expect(order == order.sorted() && Set(order).count == 4)
        #expect(limits.user.outOfMemoryScore <= 1000)
    }

    @Test func aForkBombLeavesTheContainerRoom() {
        #expect(limits().user.processes == 1024 && limits().secure.processes == 1024)
        let tight = limits(container: 800)
        #expect(tight.user.processes == 400 && tight.secure.processes == 200)
        #expect(limits(container: 1_000_000).user.processes == 1024)
        #expect(limits(container: 1).user.processes == 16)
    }

    @Test func everyLimitIsToldWithWhatEnforcesIt() throws {
        var configuration = HelperConfiguration()
        configuration.userMemory = .bytes(1 << 30)
        let container = ContainerLimits(cgroups: "", machineMemory: 8 << 30) { _ in nil }
        func rows(_ controllers: Set<ControlGroupPlan.Controller>) -> [SandboxLimit] {
            LimitRows.rows(configuration, limits(), controllers, container: container)
        }
        func row(_ rows: [SandboxLimit], _ resource: SandboxLimit.Resource) throws -> SandboxLimit {
            try #require(rows.first { $0.resource == resource && $0.namespace == .user })
        }
        let weak = try row(rows([]), .memory)
        #expect(weak.source == .container && weak.value == 8 << 30)
        #expect(try row(rows([]), .nice).value == 10)
        #expect(rows([]).allSatisfy { $0.resource != .processorWeight })
        let strong = try row(rows([.memory, .cpu]), .memory)
        #expect(strong.source == .controlGroup && strong.value == 1 << 30)
        #expect(try row(rows([.cpu]), .processorWeight).source == .controlGroup)
        #expect(try row(rows([]), .temporaryBytes).value == 256 << 20)
        #expect(Set(rows([]).map(\.namespace)) == [.user, .secure])
    }
}
