import Testing

@testable import NSHelper

struct ContainerLimitsTests {
    private func limits(_ cgroups: String, _ files: [String: String]) -> ContainerLimits {
        ContainerLimits(cgroups: cgroups, machineMemory: 1 << 34) { files[$0] }
    }

    @Test func versionTwoIsReadInTheOwnGroupFirst() {
        let found = limits(
            "0::/box\n",
            [
                "/sys/fs/cgroup/box/memory.max": "1048576\n", "/sys/fs/cgroup/memory.max": "5\n",
                "/sys/fs/cgroup/pids.max": "77\n",
            ]
        )
        #expect(found.memory == 1_048_576 && found.processes == 77)
    }

    @Test func whatTheOwnGroupSaysComesBeforeAnyPath() {
        let found = ContainerLimits(cgroups: "0::/\n", machineMemory: 1 << 34, own: { ["memory.max": "9\n"][$0] }) {
            ["/sys/fs/cgroup/memory.max": "5\n", "/sys/fs/cgroup/pids.max": "7\n"][$0]
        }
        #expect(found.memory == 9 && found.processes == 7)
    }

    @Test func versionOneIsReadByController() {
        let found = limits(
            "4:memory:/docker/a\n3:cpu,pids:/docker/b\n0::/\n",
            [
                "/sys/fs/cgroup/memory/docker/a/memory.limit_in_bytes": "2097152\n",
                "/sys/fs/cgroup/pids/pids.max": "200\n",
            ]
        )
        #expect(found.memory == 2_097_152 && found.processes == 200)
    }

    @Test(arguments: ["max\n", "9223372036854771712\n", ""])
    func noLimitIsTheMachines(text: String) {
        let found = limits("0::/\n", ["/sys/fs/cgroup/memory.max": text, "/sys/fs/cgroup/pids.max": text])
        #expect(found.memory == 1 << 34 && found.processes == nil)
    }

    @Test(arguments: ["", "nonsense", "1:2", "::", "\n\n"])
    func aTableThatIsNoneIsNoObstacle(text: String) {
        #expect(limits(text, [:]) == limits("", [:]))
    }
}
