import Glibc
import HelperProtocol
import Testing

@testable import NSHelper

/// The plans of mode `landlock`, step by step, and what its rules give.
struct LandlockPlanTests {
    private let prologue: [Step] = [.defaultSignals, .fileModeMask(0o022), .notDumpable]
    private let cell = CellIdentity(uid: 1000, keeper: 1000, directory: "/homes/cell-2")
    private let scopes = Step.landlock(LandlockRules(version: 7))
    private let homes: [Step] = [.ownDirectory("/homes", uid: 1000, gid: 1001, mode: 0o700)]
    private let lose: [Step] = [
        .sessionKeyring, .clearAmbient, .dropCapabilities,
        .verifyIdentity(uid: 1000, gid: 1001, boundingIsEmpty: false, groupsAreEmpty: false),
    ]

    private func layout() -> SandboxLayout {
        var layout = Layout.make(sharing: .sameOwner)
        layout.ids = SandboxIdentities(everyone: 1000, group: 1001)
        (layout.homes, layout.userKeeper, layout.landlockVersion) = ("/homes", 1000, 7)
        layout.granted = ["/usr", "/tmp", "/proc", "/dev"]
        layout.grantedToChange = ["/tmp", "/proc", "/dev"]
        return layout
    }

    private func keeper(endsAtOnce: Bool) -> [Step] {
        [.newSession, .descriptors([61, 61, 61, 81, 62])] + lose
            + [
                .verifyDomain, .noNewPrivileges, .filter(.keeper),
                .keep(status: 3, lifeline: 4, directory: "/homes/cell-2", endsAtOnce: endsAtOnce),
            ]
    }

    @Test func aCellIsADomainInsideOfItsKeepers() {
        let devices =
            ["/dev/pts"] + ["null", "zero", "full", "random", "urandom", "tty", "ptmx"].map { "/dev/" + $0 }
        let rules = LandlockRules(
            version: 7,
            readable: ["/usr", "/tmp", "/proc", "/dev", "/homes/cell-2", "/workspace"],
            writable: ["/homes/cell-2", "/workspace"] + devices
        )
        let expected: [Step] =
            [.title("ns-keeper cell")] + prologue + homes
            + [.ownDirectory("/homes/cell-2", uid: 1000, gid: 1001, mode: 0o700), scopes, .subreaper]
            + [.forkInit(keeper(endsAtOnce: false)), .nice(5), .newSession, .descriptors([71, 72, 73])]
            + ResourceLimit.secure(Layout.limits.secure).map { .resourceLimit($0) } + lose
            + [.parentDeathSignal(SIGKILL)]
            + [.makeDirectory("/homes/cell-2/home", mode: 0o700), .makeDirectory("/homes/cell-2/tmp", mode: 0o700)]
            + [.workingDirectory(Array("/workspace/project".utf8)), .fileModeMask(0o022), .noNewPrivileges]
            + [.landlock(rules), .emptySignalMask, .filter(.domainCell), .execute(Array("/bin/sh".utf8))]
        #expect(ChildPlan.cell(Layout.command(), status: 81, as: cell, layout()) == expected)
    }

    @Test func aCellsTerminalIsNobodyElses() {
        let size = TerminalSize(rows: 2, columns: 3)
        let command = Layout.command(terminal: size)
        let steps = ChildPlan.cell(command, status: 81, as: cell, layout())
        #expect(steps.contains(.terminal(size, isExclusive: true)))
        // user is one, and its terminals with it.
        #expect(ChildPlan.user(command, status: 81, in: nil, layout()).contains(.terminal(size)))
    }

    @Test func aCellThatMayNotListenHasOneFilterMoreAndNoPort() throws {
        for landlock in [true, false] {
            var layout = landlock ? layout() : Layout.make()
            layout.landlockVersion = 7
            func steps() -> [Step] {
                landlock
                    ? ChildPlan.cell(Layout.command(), status: 81, as: cell, layout)
                    : ChildPlan.cell(Layout.command(), status: 81, in: Layout.namespaces, layout)
            }
            #expect(!steps().contains(.filter(.noListening)))
            layout.cellsListen = false
            let filters = steps().suffix(3)
            #expect(filters.first == .filter(.noListening) && filters.dropFirst().first?.name == "filter")
            let binding = steps().filter { if case .landlock(let rules) = $0 { rules.forbidsBinding } else { false } }
            #expect(binding.count == 1)
            #expect(!ChildPlan.user(Layout.command(), status: 81, in: nil, layout).contains(.filter(.noListening)))
        }
        #expect(try Filters.answer(.noListening, "listen", [3, 1]) == .error(EACCES))
        #expect(try Filters.answer(.noListening, "connect", [3, 1]) == .allow)
    }

    @Test func aSweeperHasADomainOfItsOwnOrItWouldEndThePair() {
        let steps = ChildPlan.sweep(status: 81, cell, layout())
        #expect(steps == [.title("ns-keeper sweep")] + prologue + [scopes, .subreaper] + keeper(endsAtOnce: true))
    }

    @Test func aUserCommandEntersNoDomainForItIsBornInItsForkers() throws {
        let steps = ChildPlan.user(Layout.command(), status: 81, in: nil, layout())
        #expect(steps.positions("landlock").isEmpty && steps.contains(.filter(.domainUser)))
        // Nor does its keeper.
        #expect(ChildPlan.userKeeper(status: 81, cell, layout()).positions("landlock").isEmpty)
        let rules = try #require(ChildPlan.userRules(layout()))
        #expect(rules.readable == ["/usr", "/tmp", "/proc", "/dev", "/homes/user", "/workspace"])
        #expect(rules.writable == ["/tmp", "/dev", "/homes/user", "/workspace"])
    }

    @Test func theFileAgentHasTheUsersRulesInADomainOfItsOwn() throws {
        let steps = ChildPlan.fileAgent(uidsOf: Layout.command(.agent(88)), status: 81, layout())
        let rules = try #require(ChildPlan.userRules(layout()))
        #expect(steps.filter { $0.name == "landlock" } == [.landlock(rules)])
        #expect(steps.last == .executeDescriptor(3) && steps.contains(.filter(.domainUser)))
    }

    @Test func nothingAsksForAPrivilege() {
        let layout = layout()
        let all =
            ChildPlan.cell(Layout.command(), status: 81, as: cell, layout)
            + ChildPlan.user(Layout.command(), status: 81, in: nil, layout)
            + ChildPlan.fileAgent(uidsOf: Layout.command(.agent(88)), status: 81, layout)
            + ChildPlan.sweep(status: 81, cell, layout) + ChildPlan.userKeeper(status: 81, cell, layout)
            + ChildPlan.homes(layout)
        let inner = all.flatMap { step -> [Step] in if case .forkInit(let steps) = step { steps } else { [] } }
        for name in ["userID", "userIDs", "groupID", "supplementaryGroups", "dropBounding", "outOfMemoryScore"] {
            #expect((all + inner).positions(name).isEmpty, "\(name)")
        }
    }

    @Test func allDirectoriesHaveOneUIDAndComeBack() throws {
        var pool = UIDPool(first: 10, slots: 2, directory: "/h", everyone: 1000)
        #expect(pool.all.allSatisfy { $0.uid == 1000 && $0.keeper == 1000 })
        #expect(Set(pool.all.map(\.directory)).count == 2)
        let taken = [pool.take(), pool.take()]
        let first = try #require(taken[0])
        #expect(taken[1] != nil && pool.take() == nil)
        pool.giveBack(first)
        #expect(pool.take() == first)
    }

    @Test func itIsForOthersThanRootAndForScopes() {
        #expect(SelfCheck.landlockFailure(version: 7, isRoot: true)?.stage == .helperIdentity)
        #expect(SelfCheck.landlockFailure(version: 6, isRoot: false) == nil)
        for version: Int32 in [0, 5] {
            let failure = SelfCheck.landlockFailure(version: version, isRoot: false)
            #expect(failure?.stage == .landlock && failure?.remedy.contains("Linux 6.12") == true)
        }
    }

    @Test func whatLiesInTheWorkspaceCannotBeHidden() {
        #expect(GrantedPaths.contradiction(["/etc/x", "/workspace-2/x"], workspace: "/workspace") == nil)
        for path in ["/workspace", "/workspace/a/secrets"] {
            let problem = GrantedPaths.contradiction(["/etc/x", path], workspace: "/workspace")
            #expect(problem?.message.contains("'\(path)' lies in the workspace") == true)
        }
    }

    @Test func everythingIsGivenButWhatIsHiddenAndTheWayThere() throws {
        let root = "/tmp/granted-\(getpid())"
        for name in ["", "/a", "/a/hidden", "/a/hidden/deep", "/a/open", "/b"] { mkdir(root + name, 0o755) }
        defer {
            for name in ["/link", "/b", "/a/file", "/a/open", "/a/hidden/deep", "/a/hidden", "/a", ""] {
                remove(root + name)
            }
        }
        close(open(root + "/a/file", O_CREAT | O_WRONLY, 0o644))
        symlink(root + "/a/hidden", root + "/link")
        let paths = GrantedPaths.all(but: [root + "/a/hidden", root + "/absent/x"])
        #expect(Set(paths.filter { $0.hasPrefix(root) }) == Set([root + "/a/open", root + "/a/file", root + "/b"]))
        // Nothing above is given, or it would give all below.
        #expect(!paths.contains("/tmp") && !paths.contains("/") && paths.contains("/usr"))
        #expect(Set(GrantedPaths.all(but: [])).isSuperset(of: ["/tmp", "/usr", "/proc"]))
    }
}
