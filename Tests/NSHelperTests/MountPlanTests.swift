import HelperProtocol
import Testing

@testable import NSHelper

struct MountPlanTests {
    private func mounts(_ steps: [Step]) -> [(target: String, type: String, flags: MountFlags, data: String)] {
        steps.compactMap { step in
            guard case .mount(_, let target, let type, let flags, let data) = step else { return nil }
            return (target, type, flags, data)
        }
    }

    private func data(_ target: String, _ steps: [Step]) throws -> [String] {
        let found = mounts(steps).filter { $0.target == target }
        #expect(found.count == 1, "\(target)")
        return try #require(found.first).data.split(separator: ",").map(String.init)
    }

    private var all: [(name: String, steps: [Step])] {
        SandboxNamespace.allCases.map { ($0.name, MountPlan.namespace($0, Layout.make())) }
            + [("cell", MountPlan.cell(Layout.make()))]
    }

    @Test func propagationIsPrivateBeforeAnythingElse() {
        for (name, steps) in all {
            #expect(steps.first == .privateMounts, "\(name)")
            #expect(steps.positions("privateMounts").count == 1, "\(name)")
        }
    }

    @Test func theMasksOfProcAreThoseOfContainerEngines() {
        // moby, daemon/pkg/oci/defaults.go; written out again, so that nothing is lost from the list unnoticed.
        let masked = [
            "acpi", "asound", "interrupts", "kcore", "keys", "latency_stats", "sched_debug", "scsi", "timer_list",
            "timer_stats",
        ]
        let readOnly = ["bus", "fs", "irq", "sys", "sysrq-trigger"]
        for (name, steps) in all {
            for path in masked { #expect(steps.contains(.mask("/proc/" + path)), "\(name) \(path)") }
            for path in readOnly { #expect(steps.contains(.readOnly("/proc/" + path)), "\(name) \(path)") }
            #expect(mounts(steps).count { $0.type == "proc" } == 1, "\(name)")
        }
        #expect(ProcPaths.masked == masked.map { "/proc/" + $0 })
        #expect(ProcPaths.readOnly == readOnly.map { "/proc/" + $0 })
    }

    @Test(arguments: SandboxNamespace.allCases)
    func sysIsReadOnlyAndCoveredWhereItTellsOrTakesTooMuch(namespace: SandboxNamespace) {
        let steps = MountPlan.namespace(namespace, Layout.make())
        #expect(steps.contains(.readOnly("/sys")))
        for path in ["/sys/firmware", "/sys/devices/virtual/powercap", "/sys/kernel/debug", "/sys/fs/bpf"] {
            #expect(steps.contains(.mask(path)), "\(path)")
        }
    }

    @Test func onlyControlHidesTheProcessesOfOthers() throws {
        for (name, steps) in all {
            let expected = name == "control" ? ["hidepid=invisible"] : []
            #expect(try data("/proc", steps) == expected, "\(name)")
        }
    }

    @Test func everyPrivateFileSystemIgnoresSetUIDFilesAndDevices() {
        for (name, steps) in all {
            for mount in mounts(steps) {
                #expect(mount.flags.contains(.noSUID), "\(name) \(mount.target)")
                // /dev and devpts are what devices are for.
                let hasDevices = ["/dev", "/dev/pts"].contains(mount.target)
                #expect(mount.flags.contains(.noDevices) == !hasDevices, "\(name) \(mount.target)")
            }
        }
    }

    @Test func theTreesOfSecureAndControlAreReadOnlyAndThatOfUserIsNot() {
        for namespace in SandboxNamespace.allCases {
            let set: MountAttributes =
                namespace == .user ? [.noSUID, .noDevices] : [.readOnly, .noSUID, .noDevices]
            let steps = MountPlan.namespace(namespace, Layout.make())
            #expect(steps.contains(.mountAttributes("/", set: set, clear: [], wholeTree: true)), "\(namespace)")
            // Before the first mount of the plan's own, which it must not touch.
            steps.expect("openLocation", before: "mount")
            #expect(steps.positions("mountAttributes").first ?? .max < steps.positions("mount").first ?? 0)
        }
    }

    @Test func controlGetsNoWorkspaceAndHidesNothingFromItself() {
        let steps = MountPlan.namespace(.control, Layout.make())
        #expect(!steps.contains { "\($0)".contains("/workspace") })
        #expect(steps.positions("mountLocation").isEmpty)
        #expect(steps.positions("idmap").isEmpty)
        #expect(!steps.contains(.mask("/opt/ns-helper")))
    }

    @Test(arguments: [SandboxNamespace.user, .secure])
    func hiddenPathsAreCoveredLastOfAll(namespace: SandboxNamespace) {
        let paths = ["/opt/ns-helper", "/srv/secrets", "/workspace/.key"]
        let steps = MountPlan.namespace(namespace, Layout.make(hiddenPaths: paths))
        #expect(Array(steps.suffix(paths.count)) == paths.map { .mask($0) })
    }

    @Test(arguments: [SandboxNamespace.user, .secure])
    func theWorkspaceIsBoundAtItsOwnPathAndWritable(namespace: SandboxNamespace) throws {
        let steps = MountPlan.namespace(namespace, Layout.make())
        let location = DeviceNode.all.count
        let opened = try #require(steps.firstIndex(of: .openLocation("/workspace", location)))
        let bound = try #require(steps.firstIndex(of: .mountLocation(location, target: "/workspace")))
        let writable = try #require(
            steps.firstIndex(
                of: .mountAttributes(
                    "/workspace",
                    set: [.noSUID, .noDevices],
                    clear: .readOnly,
                    wholeTree: true
                )
            )
        )
        #expect(opened < bound)
        #expect(bound < writable)
    }

    @Test func theWorkspaceIsIdmappedOnlyInSecureAndOnlyWhenItCanBe() {
        let idmap = Step.idmap("/workspace", userNamespace: 63)
        #expect(MountPlan.namespace(.secure, Layout.make()).contains(idmap))
        for namespace in [SandboxNamespace.user, .control] {
            #expect(MountPlan.namespace(namespace, Layout.make()).positions("idmap").isEmpty)
        }
        for layout in [Layout.make(sharing: .group), Layout.make(sharing: .sameOwner), Layout.make(identityMap: nil)] {
            #expect(MountPlan.namespace(.secure, layout).positions("idmap").isEmpty)
        }
        // The cell copies the mount of the secure namespace, map included.
        #expect(MountPlan.cell(Layout.make()).positions("idmap").isEmpty)
    }

    @Test(arguments: ["/tmp/pair/workspace", "/var/tmp/w", "/home/someone/w"], [SandboxNamespace.user, .secure])
    func aWorkspaceBelowACoveredPlaceIsOpenedBeforeAndBoundAfter(path: String, namespace: SandboxNamespace) throws {
        let steps = MountPlan.namespace(namespace, Layout.make(workspace: path))
        let opened = try #require(steps.firstIndex(of: .openLocation(path, DeviceNode.all.count)))
        let covered = try #require(
            steps.firstIndex { step in
                if case .mount(_, let target, "tmpfs", _, _) = step { path.hasPrefix(target + "/") } else { false }
            }
        )
        let parents = path.split(separator: "/").dropLast().indices.map { index in
            "/" + path.split(separator: "/")[...index].joined(separator: "/")
        }
        let bound = try #require(steps.firstIndex(of: .mountLocation(DeviceNode.all.count, target: path)))
        #expect(opened < covered)
        for parent in parents {
            let made = try #require(steps.lastIndex(of: .makeDirectory(parent, mode: 0o755)))
            #expect(covered < made, "\(parent)")
            #expect(made < bound, "\(parent)")
        }
    }

    @Test(arguments: ["/tmp", "/tmp/w", "/var/tmp/a/b", "/home/secure", "/home/secure/w"])
    func aCellBringsAWorkspaceBackThatItsOwnMountsCover(path: String) throws {
        let steps = MountPlan.cell(Layout.make(workspace: path))
        let opened = try #require(steps.firstIndex(of: .openLocation(path, DeviceNode.all.count)))
        let lastMount = try #require(steps.positions("mount").last)
        #expect(opened < steps.positions("mount").first ?? 0)
        #expect(steps.last == .mountLocation(DeviceNode.all.count, target: path))
        #expect(lastMount < steps.count - 1)
    }

    @Test(arguments: ["/workspace", "/tmpfiles", "/var/tmpfiles/w", "/home/user", "/home/secured", "/srv/tmp"])
    func aCellLeavesAWorkspaceAloneThatNothingCovers(path: String) {
        let steps = MountPlan.cell(Layout.make(workspace: path))
        #expect(steps.positions("openLocation").isEmpty)
        #expect(steps.positions("mountLocation").isEmpty)
    }

    @Test(arguments: ["/workspace", "/tmp/w"])
    func aCellMayHaveLessOfTheWorkspace(path: String) {
        let layout = Layout.make(workspace: path)
        let usual = MountPlan.cell(layout)
        // Last, behind what would bring the workspace back.
        let readOnly = MountPlan.cell(layout, workspace: .readOnly)
        #expect(readOnly == usual + [.mountAttributes(path, set: .readOnly, clear: [], wholeTree: true)])
        let empty = MountPlan.cell(layout, workspace: .empty)
        #expect(empty.dropLast() == usual[...] && mounts(Array(empty.suffix(1))).map(\.target) == [path])
    }

    @Test func aCellHasItsOwnProcTerminalsMemoryQueuesTemporaryFilesAndHome() {
        let targets = mounts(MountPlan.cell(Layout.make())).map(\.target)
        #expect(
            targets == ["/proc", "/dev/pts", "/dev/shm", "/dev/mqueue", "/tmp", "/var/tmp", "/home/secure"]
        )
    }

    @Test(arguments: SandboxNamespace.allCases)
    func everyNamespaceHasItsOwnDevWithTheSixHarmlessNodes(namespace: SandboxNamespace) throws {
        let steps = MountPlan.namespace(namespace, Layout.make())
        let fresh = try #require(steps.positions("mount").first { steps[$0].target == "/dev" })
        let names = ["null", "zero", "full", "random", "urandom", "tty"]
        #expect(DeviceNode.all.map(\.name) == names)
        for (location, node) in DeviceNode.all.enumerated() {
            let opened = try #require(steps.firstIndex(of: .openLocation("/dev/" + node.name, location)))
            let bound = try #require(steps.firstIndex(of: .device(location, node)))
            #expect(opened < fresh)
            #expect(fresh < bound)
        }
        for target in ["/dev/pts", "/dev/shm", "/dev/mqueue"] {
            let made = try #require(steps.firstIndex(of: .makeDirectory(target, mode: 0o755)))
            let mounted = try #require(steps.positions("mount").first { steps[$0].target == target })
            #expect(made < mounted)
        }
    }

    @Test func theDevicesHaveTheNumbersOfTheKernelsList() {
        // Documentation/admin-guide/devices.txt.
        let numbers = DeviceNode.all.map { "\($0.name) \($0.major):\($0.minor)" }
        #expect(numbers == ["null 1:3", "zero 1:5", "full 1:7", "random 1:8", "urandom 1:9", "tty 5:0"])
    }

    @Test func sizesReachTheMountOptions() throws {
        let sizes = MountSizes(tmp: "11m", home: "12m", shm: "13m", run: "14m", inodes: 1515, terminals: 16)
        let layout = Layout.make(sizes: sizes)
        for namespace in SandboxNamespace.allCases {
            let steps = MountPlan.namespace(namespace, layout)
            try checkCommonSizes(steps, home: "/home/" + namespace.name)
            #expect(try data("/run", steps).contains("size=14m"))
        }
        try checkCommonSizes(MountPlan.cell(layout), home: "/home/secure")
    }

    private func checkCommonSizes(_ steps: [Step], home: String) throws {
        for (target, size) in [("/tmp", "11m"), ("/var/tmp", "11m"), (home, "12m"), ("/dev/shm", "13m")] {
            let options = try data(target, steps)
            #expect(options.contains("size=" + size), "\(target)")
            #expect(options.contains("nr_inodes=1515"), "\(target)")
        }
        #expect(try data("/dev/pts", steps).contains("max=16"))
        #expect(try data("/dev/pts", steps).contains("newinstance"))
    }

    @Test func whatCellsWriteIsKeptFromSwapWhereTheKernelCan() throws {
        var layout = Layout.make()
        for knows in [false, true] {
            layout.keepsFromSwap = knows
            let cells = [MountPlan.cell(layout), MountPlan.cell(layout, workspace: .empty)]
            for mount in cells.flatMap({ mounts($0) }) where mount.type == "tmpfs" {
                #expect(mount.data.hasSuffix(",noswap") == knows, "\(mount.target)")
            }
            for mount in mounts(MountPlan.namespace(.user, layout)) {
                #expect(!mount.data.contains("noswap"), "\(mount.target)")
            }
        }
    }

    @Test func noTemporaryFileSystemIsWithoutALimit() {
        for (name, steps) in all {
            for mount in mounts(steps) where mount.type == "tmpfs" {
                #expect(mount.data.contains("size="), "\(name) \(mount.target)")
                #expect(mount.data.contains("nr_inodes="), "\(name) \(mount.target)")
                #expect(mount.data.contains("mode="), "\(name) \(mount.target)")
            }
        }
    }

    @Test func aHomeBelongsToItsOwnerAlone() throws {
        let owners: [SandboxNamespace: [String]] = [
            .control: ["uid=4200", "gid=4300"], .user: ["uid=4201", "gid=4301"], .secure: ["uid=4202", "gid=4301"],
        ]
        for (namespace, owner) in owners {
            let home = MountPlan.homePath(namespace)
            #expect(home == "/home/" + namespace.name)
            let options = try data(home, MountPlan.namespace(namespace, Layout.make()))
            #expect(Set(owner + ["mode=0700"]).isSubset(of: options))
        }
        #expect(try data("/home/secure", MountPlan.cell(Layout.make())).contains("uid=4202"))
    }

    @Test func theSocketsDirectoryComesBackInControlAlone() throws {
        let layout = Layout.make(socketDirectory: "/run/pair/door")
        let steps = MountPlan.namespace(.control, layout)
        let location = DeviceNode.all.count
        let opened = try #require(steps.firstIndex(of: .openLocation("/run/pair/door", location)))
        let covered = try #require(steps.positions("mount").first { steps[$0].target == "/run" })
        #expect(opened < covered)
        #expect(
            Array(steps.suffix(3)) == [
                .makeDirectory("/run", mode: 0o755), .makeDirectory("/run/pair", mode: 0o755),
                .mountLocation(location, target: "/run/pair/door"),
            ]
        )
        for namespace in [SandboxNamespace.user, .secure] {
            let steps = MountPlan.namespace(namespace, layout)
            #expect(!steps.contains { "\($0)".contains("/run/pair") })
        }
    }

    @Test func noPlanNeedsMoreLocationsThanAChildCanKeep() {
        let layout = Layout.make(workspace: "/tmp/w", socketDirectory: "/run/pair")
        for namespace in SandboxNamespace.allCases {
            for step in MountPlan.namespace(namespace, layout) {
                if case .openLocation(_, let location) = step { #expect((0..<8).contains(location)) }
            }
        }
    }
}

extension Step {
    /// Where a mount goes; nil for other steps.
    fileprivate var target: String? {
        if case .mount(_, let target, _, _, _) = self { target } else { nil }
    }
}
