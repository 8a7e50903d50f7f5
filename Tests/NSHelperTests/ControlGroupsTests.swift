import Glibc
import HelperProtocol
import HelperTransport
import Testing

@testable import NSHelper

/// What is written where, in directories that are none of the kernel's; `scripts/test-cgroups` shows what it does.
struct ControlGroupsTests {
    private let plan: ControlGroupPlan = {
        var configuration = HelperConfiguration()
        (configuration.userMemory, configuration.secureMemory) = (.percent(50), .bytes(64 << 20))
        (configuration.userWeight, configuration.secureWeight) = (11, 22)
        (configuration.processSlots, configuration.cellSlots) = (10, 5)
        let limits = SandboxLimits(configuration, ownScore: 0, containerProcesses: nil)
        return ControlGroupPlan(configuration, limits, containerMemory: 1 << 30)
    }()

    private func make(_ fake: FakeControlGroup) throws -> ControlGroups {
        try ControlGroups(in: try fake.open(), plan, pid: FakeControlGroup.pid)
    }

    @Test func everyGroupGetsItsLimitsAndTheHelperItsOwnGroup() throws {
        let fake = try FakeControlGroup(controllers: "cpuset cpu io memory pids")
        try fake.write("1\n0\n7\n", to: "/cgroup.procs")
        let groups = try make(fake)
        #expect(groups.controllers == [.cpu, .memory, .pids])
        #expect(fake.text("user", "memory.max") == "\(UInt64(1 << 30) / 100 * 50)")
        #expect(fake.text("secure", "memory.max") == "\(64 << 20)")
        for name in ["user", "secure"] { #expect(fake.text(name, "memory.swap.max") == "0") }
        #expect(fake.text("control", "memory.max") == "")
        let weights = ["control", "user", "secure"].map { fake.text($0, "cpu.weight") }
        #expect(weights == ["400", "11", "22"])
        // The helper itself, and whoever was in its way: the last one's pid stands where the first one's stood.
        #expect(fake.text("control", "cgroup.procs") == "7")
        #expect(fake.text("user", "cgroup.procs") == "")
    }

    @Test func aGenerationHasALimitOfItsOwnOnProcesses() throws {
        let fake = try FakeControlGroup(controllers: "pids")
        let groups = try make(fake)
        #expect(groups.controllers == [.pids])
        #expect(fake.text("user", "cgroup.subtree_control") == "+pids")
        let first = try #require(try groups.generation(.user))
        #expect(fake.text("user/1", "pids.max") == "\(1024 + 20)")
        _ = try groups.generation(.secure)
        #expect(fake.text("secure/2", "pids.max") == "\(1024 + 10)")
        #expect(try groups.generation(.control) == nil)
        #expect(first.kill() && fake.text("user/1", "cgroup.kill") == "1")
    }

    @Test func aControllerThatIsNotDelegatedLimitsNothing() throws {
        let fake = try FakeControlGroup(controllers: "hugetlb")
        let groups = try make(fake)
        #expect(groups.controllers == [])
        for file in ["cpu.weight", "memory.max"] { #expect(fake.text("user", file) == "") }
        _ = try groups.generation(.user)
        #expect(fake.text("user/1", "pids.max") == "")
    }

    @Test func aKernelThatCountsNoSwapIsNoObstacleAndOneWithoutTheLimitIs() throws {
        let fake = try FakeControlGroup(controllers: "memory", without: ["memory.swap.max"])
        #expect(try make(fake).controllers == [.memory])
        let broken = try FakeControlGroup(controllers: "memory", without: ["memory.max"])
        #expect(throws: ControlGroups.Failure(step: "writing memory.max", errno: ENOENT)) { _ = try make(broken) }
    }

    @Test func groupsThatStillHoldSomebodyAreRemovedLater() throws {
        let fake = try FakeControlGroup(controllers: "")
        let groups = try make(fake)
        let group = try #require(try groups.generation(.user))
        let path = "\(fake.path)/ns-helper-\(FakeControlGroup.pid)-user/1"
        // Files in it stand for members: rmdir(2) refuses as it would.
        groups.retire(group)
        groups.clearUp()
        #expect(access(path, F_OK) == 0)
        fake.empty("user/1")
        groups.clearUp()
        #expect(access(path, F_OK) != 0)
    }

    @Test func aMachineWithoutVersionTwoSaysSo() {
        #expect(throws: ControlGroups.Failure(step: "this machine has no cgroup version 2", errno: ENODEV)) {
            _ = try ControlGroups.own(cgroups: "4:memory:/\n3:cpu:/\n")
        }
    }
}
