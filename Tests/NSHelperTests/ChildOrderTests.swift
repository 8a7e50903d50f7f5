import Glibc
import HelperProtocol
import Testing

@testable import NSHelper

/// The constraints between steps, each for itself and for everybody it concerns (`security.md` 1.4).
struct ChildOrderTests {
    @Test(arguments: Sequence.unprivileged + [.open, .openShepherd])
    func capabilitiesLeaveTheBoundingSetBeforeTheUIDChanges(sequence: Sequence) {
        sequence.steps.expect("dropBounding", before: "userID")
        sequence.steps.expect("clearAmbient", before: "userID")
    }

    @Test(arguments: Sequence.unprivileged + [.open, .openShepherd])
    func groupsChangeBeforeTheGIDAndTheGIDBeforeTheUID(sequence: Sequence) {
        sequence.steps.expect("supplementaryGroups", before: "groupID")
        sequence.steps.expect("groupID", before: "userID")
        #expect(sequence.steps.contains(.supplementaryGroups([])))
    }

    @Test(arguments: Sequence.unprivileged + [.open, .openShepherd])
    func theCapabilitySetsAreEmptiedAfterTheUIDChange(sequence: Sequence) {
        sequence.steps.expect("userID", before: "dropCapabilities")
    }

    @Test(arguments: Sequence.unprivileged + [.open, .openShepherd])
    func whatWasDroppedIsVerifiedAfterwardsForTheSameIDs(sequence: Sequence) throws {
        sequence.steps.expect("dropCapabilities", before: "verifyIdentity")
        var uid: UInt32?
        var gid: UInt32?
        for step in sequence.steps {
            switch step {
            case .userID(let id): uid = id
            case .groupID(let id): gid = id
            case .verifyIdentity(let verifiedUID, _, let verifiedGID, _, _):
                #expect(verifiedUID == uid)
                #expect(verifiedGID == gid)
            default: break
            }
        }
        #expect(try #require(uid) != 0)
        #expect(try #require(gid) != 0)
    }

    @Test(arguments: Sequence.unprivileged + [.open, .openShepherd])
    func theChildIsNotDumpableBothBeforeAndAfterTheUIDChange(sequence: Sequence) throws {
        let change = try #require(sequence.steps.positions("userID").first)
        let positions = sequence.steps.positions("notDumpable")
        #expect(positions.contains { $0 < change })
        // At once: setresuid has made the process dumpable where fs.suid_dumpable says so.
        #expect(positions.contains(change + 1))
    }

    @Test(arguments: Sequence.unprivileged + [.open, .openShepherd])
    func theParentsDeathIsNoticedAfterTheUIDChange(sequence: Sequence) {
        sequence.steps.expect("userID", before: "parentDeathSignal")
        #expect(sequence.steps.contains(.parentDeathSignal(SIGKILL)))
    }

    @Test(arguments: Sequence.commands + [.server, .cellInit, .shepherd])
    func namespacesAreJoinedBeforeTheirDescriptorsAreClosedAndTheMountNamespaceLast(sequence: Sequence) {
        sequence.steps.expect("joinNamespace", before: "descriptors")
        let joined: [NamespaceKind] = sequence.steps.compactMap {
            if case .joinNamespace(_, let kind) = $0 { kind } else { nil }
        }
        #expect(joined.last == .mount)
        #expect(joined.count == Set(joined).count)
    }

    @Test(arguments: Sequence.commands.filter { $0.name.hasPrefix("cell") } + [.cellInit])
    func aCellCopiesTheMountNamespaceItJoinedBeforeItMounts(sequence: Sequence) {
        sequence.steps.expect("joinNamespace", before: "newMountNamespace")
        sequence.steps.expect("newMountNamespace", before: "mount")
    }

    @Test(arguments: Sequence.unprivileged + [.open, .openShepherd])
    func foreignDescriptorsAreClosedBeforeAnyStepAsTheTarget(sequence: Sequence) {
        #expect(sequence.steps.positions("descriptors").count == 1)
        sequence.steps.expect("descriptors", before: "userID")
    }

    @Test(arguments: Sequence.unprivileged + [.open, .openShepherd])
    func nothingButOneUIDIsEverTaken(sequence: Sequence) {
        #expect(sequence.steps.positions("userID").count == 1)
        #expect(sequence.steps.positions("groupID").count == 1)
    }

    @Test(arguments: Sequence.unprivileged)
    func mountsAreDoneBeforeTheUIDChangeTakesTheRightToMount(sequence: Sequence) throws {
        let change = try #require(sequence.steps.positions("userID").first)
        let privileged: Set = [
            "mount", "privateMounts", "mask", "readOnly", "idmap", "mountLocation", "mountAttributes", "device",
            "newMountNamespace", "joinNamespace", "forkInit", "outOfMemoryScore", "makeDirectory",
        ]
        #expect(sequence.steps[change...].allSatisfy { !privileged.contains($0.name) })
    }

    @Test(arguments: Sequence.unprivileged)
    func noNewPrivilegesComeBeforeTheFilterThatNeedsThem(sequence: Sequence) {
        sequence.steps.expect("noNewPrivileges", before: "filter")
        sequence.steps.expect("userID", before: "filter")
    }

    @Test(arguments: Sequence.unprivileged)
    func theFilterIsTheLastThingBeforeForeignCodeOrReaping(sequence: Sequence) throws {
        let filters = sequence.steps.positions("filter")
        #expect(filters == [sequence.steps.count - 2])
        let last = try #require(sequence.steps.last)
        #expect(
            ["execute", "executeDescriptor", "reapForEver", "reapUntilCommandEnds", "shepherd"].contains(last.name)
        )
    }

    @Test(arguments: Sequence.commands + [.open, .server])
    func theWorkingDirectoryIsEnteredWithTheTargetsRights(sequence: Sequence) {
        sequence.steps.expect("verifyIdentity", before: "workingDirectory")
    }

    @Test(arguments: Sequence.unprivileged + [.open, .openShepherd])
    func nothingFollowsTheEnd(sequence: Sequence) {
        let ends: Set = ["execute", "executeDescriptor", "reapForEver", "reapUntilCommandEnds", "shepherd", "exit"]
        #expect(sequence.steps.indices.filter { ends.contains(sequence.steps[$0].name) } == [sequence.steps.count - 1])
    }

    @Test(arguments: Sequence.inits)
    func whatAnInitMakesIsNotMadeUnderTheHelpersMask(sequence: Sequence) throws {
        let mask = try #require(sequence.steps.firstIndex(of: .fileModeMask(0o022)))
        #expect(mask < sequence.steps.positions("makeDirectory").first ?? 0)
    }

    @Test(arguments: Sequence.commands.filter { $0.name.contains("terminal") })
    func theTerminalIsOpenedByTheTargetAndAfterTheSessionIsNew(sequence: Sequence) {
        sequence.steps.expect("userID", before: "terminal")
        sequence.steps.expect("newSession", before: "terminal")
        sequence.steps.expect("terminal", before: "filter")
    }

    @Test(arguments: Sequence.commands + [.open])
    func aCommandStartsWithDefaultSignalsAndEndsWithNoneBlocked(sequence: Sequence) {
        #expect(sequence.steps.positions("defaultSignals").count == 1)
        sequence.steps.expect("defaultSignals", before: "forkInit")
        #expect(sequence.steps.positions("emptySignalMask").count == 1)
    }

    @Test(arguments: [Sequence.cellInit, .shepherd, .openShepherd] + Sequence.inits)
    func anInitKeepsItsSignalsBlockedAndHoldsNothingButNullAndOneMore(sequence: Sequence) throws {
        #expect(sequence.steps.positions("emptySignalMask").isEmpty)
        let position = try #require(sequence.steps.positions("descriptors").first)
        guard case .descriptors(let list) = sequence.steps[position] else { return }
        #expect(Array(list[..<3]) == [61, 61, 61])
        #expect(list.count == 4)
    }

    @Test(arguments: Sequence.unprivileged)
    func everyFreshProcIsMaskedCompletelyBeforeItsNamespaceIsShown(sequence: Sequence) {
        for (index, step) in sequence.steps.enumerated() {
            guard case .mount(_, "/proc", "proc", _, _) = step else { continue }
            let rest = sequence.steps[(index + 1)...]
            let shown = rest.firstIndex { ["sendNamespaces", "forkInit", "userID"].contains($0.name) } ?? rest.endIndex
            for path in ProcPaths.masked { #expect(rest[..<shown].contains(.mask(path)), "\(path)") }
            for path in ProcPaths.readOnly { #expect(rest[..<shown].contains(.readOnly(path)), "\(path)") }
        }
    }

    @Test(arguments: Sequence.commands)
    func descriptorsAreArrangedBeforeALimitCouldForbidThem(sequence: Sequence) {
        sequence.steps.expect("descriptors", before: "resourceLimit")
        sequence.steps.expect("resourceLimit", before: "userID")
    }

    @Test(arguments: Sequence.commands + [.open])
    func aCommandIsForkedWhileItsParentIsStillTheHelpersOwnCode(sequence: Sequence) {
        #expect(sequence.steps.positions("forkInit").count == 1)
        sequence.steps.expect("forkInit", before: "newSession")
        sequence.steps.expect("forkInit", before: "descriptors")
        // The tree's ancestor is a subreaper before there is a tree; in a cell pid 1 is that by nature.
        guard !sequence.name.hasPrefix("cell") else { return }
        sequence.steps.expect("subreaper", before: "forkInit")
    }

    @Test(arguments: Sequence.inits)
    func anInitHandsOutItsNamespacesWhenTheyAreCompleteAndItselfStillRoot(sequence: Sequence) {
        for name in ["mount", "mask", "readOnly", "mountAttributes"] {
            sequence.steps.expect(name, before: "sendNamespaces")
        }
        sequence.steps.expect("sendNamespaces", before: "userID")
        // The namespaces' descriptors go over the report socket, which `descriptors` moves.
        sequence.steps.expect("sendNamespaces", before: "descriptors")
    }
}
