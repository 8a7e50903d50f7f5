import Glibc
import HelperProtocol
import Testing

@testable import NSHelper

/// The plans of mode `users`, step by step.
struct UsersPlanTests {
    private let prologue: [Step] = [.defaultSignals, .fileModeMask(0o022), .notDumpable]
    private let cell = CellIdentity(uid: 4305, keeper: 4306, directory: "/homes/cell-2")

    private func layout(landlock: Int32 = 7) -> SandboxLayout {
        var layout = Layout.make(sharing: .group)
        (layout.homes, layout.userKeeper, layout.landlockVersion) = ("/homes", 4300, landlock)
        return layout
    }

    private func drop(_ uid: UInt32, _ effective: UInt32?, _ gid: UInt32) -> [Step] {
        [
            .sessionKeyring, .clearAmbient, .dropBounding, .supplementaryGroups([]), .groupID(gid),
            effective.map { .userIDs(real: uid, effective: $0) } ?? .userID(uid), .notDumpable, .dropCapabilities,
            .verifyIdentity(uid: uid, effective: effective, gid: gid),
        ]
    }

    /// Not bound to its parent's life: without PDEATHSIG.
    private func keeper(_ identity: CellIdentity, endsAtOnce: Bool) -> [Step] {
        [.newSession, .descriptors([61, 61, 61, 81, 62])] + drop(identity.keeper, identity.uid, 4300)
            + [
                .noNewPrivileges, .filter(.keeper),
                .keep(status: 3, lifeline: 4, directory: identity.directory, endsAtOnce: endsAtOnce),
            ]
    }

    private func limits() -> [Step] {
        ResourceLimit.secure(Layout.limits.secure).map { .resourceLimit($0) }
    }

    @Test func aCellTakesExactlyTheseSteps() {
        let writable =
            ["/homes/cell-2", "/workspace", "/proc", "/dev/pts"]
            + ["null", "zero", "full", "random", "urandom", "tty", "ptmx"].map { "/dev/" + $0 }
        let expected: [Step] =
            [.title("ns-keeper cell")] + prologue
            + [.ownDirectory("/homes/cell-2", uid: 4305, gid: 4300, mode: 0o700), .subreaper]
            + [.forkInit(keeper(cell, endsAtOnce: false)), .outOfMemoryScore(300), .nice(5), .newSession]
            + [.descriptors([71, 72, 73])] + limits() + drop(4305, nil, 4301) + [.parentDeathSignal(SIGKILL)]
            + [.makeDirectory("/homes/cell-2/home", mode: 0o700), .makeDirectory("/homes/cell-2/tmp", mode: 0o700)]
            + [.workingDirectory(Array("/workspace/project".utf8)), .fileModeMask(0o002), .noNewPrivileges]
            + [.landlock(LandlockRules(version: 7, writable: writable)), .emptySignalMask, .filter(.userCell)]
            + [.execute(Array("/bin/sh".utf8))]
        #expect(ChildPlan.cell(Layout.command(), status: 81, as: cell, layout()) == expected)
    }

    @Test func withoutLandlockACellDoesWithout() {
        let steps = ChildPlan.cell(Layout.command(), status: 81, as: cell, layout(landlock: 0))
        #expect(steps.positions("landlock").isEmpty)
        #expect(
            steps == ChildPlan.cell(Layout.command(), status: 81, as: cell, layout()).filter { $0.name != "landlock" }
        )
    }

    @Test func aUserCommandTakesTheStepsOfOneInANamespaceButJoinsNone() {
        let steps = ChildPlan.user(Layout.command(), status: 81, in: nil, layout())
        let inNamespace = ChildPlan.user(Layout.command(), status: 81, in: Layout.namespaces, layout())
        #expect(steps == inNamespace.filter { $0.name != "joinNamespace" })
        #expect(steps.count < inNamespace.count)
    }

    @Test func aFileAgentActsAsTheUserAndIsOutOfItsReach() {
        let agent = Layout.command(.agent(88))
        let steps = ChildPlan.fileAgent(uidsOf: agent, status: 81, layout())
        #expect(steps.contains(.userIDs(real: 4300, effective: 4201)))
        #expect(steps.contains(.verifyIdentity(uid: 4300, effective: 4201, gid: 4301)))
        #expect(steps.contains(.filter(.user)) && steps.last == .executeDescriptor(3))
        // Whoever has the user's uid as real or saved one could be signalled by user code (kill(2)).
        #expect(!steps.contains(.userID(4201)))
    }

    @Test func aSweeperIsAKeeperThatEndsAtOnceAndTheUsersOneWaits() {
        let user = CellIdentity(uid: 4201, keeper: 4300, directory: "/homes/user")
        #expect(
            ChildPlan.sweep(status: 81, cell, layout())
                == [.title("ns-keeper sweep")] + prologue + [.subreaper] + keeper(cell, endsAtOnce: true)
        )
        #expect(
            ChildPlan.userKeeper(status: 81, user, layout())
                == [.title("ns-keeper user")] + prologue
                + [.ownDirectory("/homes/user", uid: 4201, gid: 4300, mode: 0o700), .subreaper]
                + keeper(user, endsAtOnce: false)
        )
    }

    @Test func noTwoOfAPoolHaveAUIDInCommonAndNoneIsAnybodyElses() {
        let pool = UIDPool(first: 4300, slots: 5, directory: "/homes")
        var uids: [UInt32] = [4300]
        for cell in pool.all { uids += [cell.uid, cell.keeper] }
        #expect(Set(uids).count == 11)
        #expect(Set(uids) == Set(UIDPool.uids(first: 4300, slots: 5)))
        #expect(Set(pool.all.map(\.directory)).count == 5)
    }

    @Test func aUIDIsNobodysUntilItHasComeBack() throws {
        var pool = UIDPool(first: 10, slots: 2, directory: "/h")
        let taken = [pool.take(), pool.take()]
        let (first, second) = (try #require(taken[0]), try #require(taken[1]))
        #expect(first != second && pool.take() == nil)
        pool.giveBack(first)
        #expect(pool.take() == first && pool.take() == nil)
        pool.giveBack(second)
        #expect(pool.take() == second)
    }

    @Test(arguments: [(UInt32(4200), UInt32(4)), (4197, 2), (4_294_967_290, 4)])
    func uidsOfTheOthersAndOnesThatDoNotExistAreNoPool(first: UInt32, slots: UInt32) {
        var configuration = HelperConfiguration()
        (configuration.cellUID, configuration.cellSlots) = (first, slots)
        #expect(configuration.contradiction()?.message.hasPrefix("cell-uid") == true)
    }

    @Test func whatIsAcceptedInAModeIsAcceptedInStrongerOnes() {
        var configuration = HelperConfiguration()
        #expect(configuration.acceptsCredentials(in: .namespaces))
        #expect(!configuration.acceptsCredentials(in: .users) && !configuration.acceptsCredentials(in: .none))
        configuration.acceptedForCredentials = .users
        #expect(configuration.acceptsCredentials(in: .users) && !configuration.acceptsCredentials(in: .none))
        configuration.acceptedForCredentials = IsolationMode.none
        #expect(configuration.acceptsCredentials(in: .users) && configuration.acceptsCredentials(in: .none))
    }
}
