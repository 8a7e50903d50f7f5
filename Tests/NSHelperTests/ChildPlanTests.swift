import Glibc
import HelperProtocol
import Testing

@testable import NSHelper

/// The plans, step by step. Whoever changes one changes it here too, and has to say why.
struct ChildPlanTests {
    private let prologue: [Step] = [.defaultSignals, .fileModeMask(0o022), .notDumpable]

    private let drop = { (uid: UInt32, gid: UInt32) -> [Step] in
        [
            .sessionKeyring, .clearAmbient, .dropBounding, .supplementaryGroups([]), .groupID(gid), .userID(uid),
            .notDumpable, .dropCapabilities, .verifyIdentity(uid: uid, gid: gid), .parentDeathSignal(SIGKILL),
        ]
    }

    private let limits: [Step] = [
        .resourceLimit(ResourceLimit(resource: .processes, soft: 777, hard: 777)),
        .resourceLimit(ResourceLimit(resource: .openFiles, soft: 1024, hard: 7777)),
        .resourceLimit(ResourceLimit(resource: .lockedMemory, soft: 65_536, hard: 65_536)),
        .resourceLimit(ResourceLimit(resource: .messageQueues, soft: 819_200, hard: 819_200)),
        .resourceLimit(ResourceLimit(resource: .nice, soft: 0, hard: 0)),
        .resourceLimit(ResourceLimit(resource: .realTimePriority, soft: 0, hard: 0)),
    ]

    private let joinRest: [Step] = [.joinNamespace(descriptor: 53, .uts), .joinNamespace(descriptor: 51, .mount)]
    private let project = Step.workingDirectory(Array("/workspace/project".utf8))
    private let shell = Step.execute(Array("/bin/sh".utf8))

    private let reaper: [Step] = [.newSession, .descriptors([61, 61, 61, 81])]

    @Test func aUserCommandTakesExactlyTheseSteps() {
        let shepherd: [Step] =
            reaper + drop(4200, 4300)
            + [.noNewPrivileges, .filter(.namespaceInit), .shepherd(status: 3)]
        let expected: [Step] =
            [.title("ns-shepherd")] + prologue + [.joinNamespace(descriptor: 52, .ipc)] + joinRest
            + [
                .subreaper, .forkInit(shepherd), .outOfMemoryScore(500), .nice(10), .newSession,
                .descriptors([71, 72, 73]),
            ]
            + limits
            + [.resourceLimit(ResourceLimit(resource: .coreFile, soft: 0, hard: .max))] + drop(4201, 4301)
            + [project, .fileModeMask(0o022), .noNewPrivileges, .emptySignalMask, .filter(.user), shell]
        #expect(ChildPlan.user(Layout.command(), status: 81, in: Layout.namespaces, Layout.make()) == expected)
    }

    @Test func aCellTakesExactlyTheseSteps() {
        let pidOne: [Step] =
            reaper + drop(4200, 4300)
            + [.noNewPrivileges, .filter(.namespaceInit), .reapUntilCommandEnds(status: 3)]
        let expected: [Step] =
            [.title("ns-init cell")] + prologue + joinRest + [.newMountNamespace]
            + MountPlan.cell(Layout.make())
            + [.forkInit(pidOne), .outOfMemoryScore(300), .nice(5), .newSession, .descriptors([71, 72, 73])] + limits
            + [.resourceLimit(ResourceLimit(resource: .coreFile, soft: 1, hard: 1))] + drop(4202, 4301)
            + [project, .fileModeMask(0o077), .noNewPrivileges, .emptySignalMask, .filter(.secure), shell]
        #expect(ChildPlan.cell(Layout.command(), status: 81, in: Layout.namespaces, Layout.make()) == expected)
    }

    @Test(arguments: SandboxNamespace.allCases)
    func anInitTakesExactlyTheseSteps(namespace: SandboxNamespace) {
        let expected: [Step] =
            prologue + MountPlan.namespace(namespace, Layout.make())
            + [.sendNamespaces, .newSession, .workingDirectory([0x2F]), .title("ns-init " + namespace.name)]
            + [.descriptors([61, 61, 61, 62])] + drop(4200, 4300)
            + [.noNewPrivileges, .filter(.namespaceInit), .reapForEver(lifeline: 3)]
        #expect(ChildPlan.namespaceInit(namespace, Layout.make()) == expected)
    }

    private let serverLimits: [Step] = [
        .resourceLimit(ResourceLimit(resource: .coreFile, soft: 1, hard: 1)),
        .resourceLimit(ResourceLimit(resource: .openFiles, soft: 65_536, hard: 65_536)),
    ]

    @Test func theServerTakesExactlyTheseSteps() {
        let expected: [Step] =
            prologue + [.outOfMemoryScore(100), .newSession, .joinNamespace(descriptor: 52, .ipc)] + joinRest
            + [.descriptors([91, 92, 93, 94, 90])] + serverLimits + drop(4200, 4300)
            + [
                .workingDirectory([0x2F]), .fileModeMask(0o077), .noNewPrivileges, .emptySignalMask, .filter(.secure),
                .executeDescriptor(4),
            ]
        #expect(Sequence.server.steps == expected)
    }

    @Test func aServerWithoutPrivilegeJoinsAndDropsNothing() {
        let steps = ChildPlan.control(
            .descriptor(9),
            streams: [0, 1, 2],
            in: nil,
            uid: 1000,
            gid: 1000,
            isPrivileged: false,
            outOfMemoryScore: 100
        )
        let expected: [Step] =
            prologue + [.newSession, .descriptors([0, 1, 2, 9])] + serverLimits
            + [
                .parentDeathSignal(SIGKILL), .workingDirectory([0x2F]), .fileModeMask(0o077), .noNewPrivileges,
                .emptySignalMask, .filter(.secure), .executeDescriptor(3),
            ]
        #expect(steps == expected)
    }

    @Test func aScriptOfTheControlPlaneIsExecutedByItsPathAndHasNoDescriptorOfIt() {
        let steps = ChildPlan.control(
            .path(Array("/opt/x".utf8)),
            streams: [0, 1, 2, 3],
            in: nil,
            uid: 1,
            gid: 1,
            isPrivileged: true,
            outOfMemoryScore: 100
        )
        #expect(steps.contains(.descriptors([0, 1, 2, 3])))
        #expect(steps.suffix(2) == [.filter(.secure), .execute(Array("/opt/x".utf8))])
        #expect(steps.contains(.noNewPrivileges) && steps.contains(.userID(1)) && steps.contains(.dropCapabilities))
    }

    @Test func theServersDescriptorsFitWhatAChildCanArrange() {
        // cns_step.h arranges ten at most: the server's streams and its program.
        let steps = ChildPlan.control(
            .descriptor(9),
            streams: [0, 1, 2, 3, 4, 5, 6, 7],
            in: nil,
            uid: 1,
            gid: 1,
            isPrivileged: true,
            outOfMemoryScore: 100
        )
        #expect(steps.contains(.descriptors([0, 1, 2, 3, 4, 5, 6, 7, 9])))
        #expect(steps.last == .executeDescriptor(8))
    }

    @Test(arguments: [true, false])
    func anOpenCommandTakesExactlyTheseSteps(isPrivileged: Bool) {
        let die: [Step] = [.parentDeathSignal(SIGKILL)]
        let shepherd: [Step] =
            [.title("ns-shepherd"), .descriptors([61, 61, 61, 81])] + (isPrivileged ? drop(4200, 4300) : die)
            + [.noNewPrivileges, .filter(.namespaceInit), .shepherd(status: 3)]
        let expected: [Step] =
            prologue + [.subreaper, .forkInit(shepherd), .newSession, .descriptors([71, 72, 73])]
            + (isPrivileged ? drop(4201, 4301) : die) + [project, .fileModeMask(0o022), .emptySignalMask, shell]
        let layout = Layout.make(sharing: isPrivileged ? .group : .sameOwner)
        let identity: (uid: UInt32, gid: UInt32)? = isPrivileged ? (4201, 4301) : nil
        #expect(ChildPlan.open(Layout.command(), status: 81, identity: identity, layout) == expected)
    }

    @Test func aProbeTakesTheStepsOfACommandButEndsInsteadOfExecuting() {
        let layout = Layout.make()
        for plan in [
            { ChildPlan.user($0, status: 81, in: Layout.namespaces, layout) },
            { ChildPlan.cell($0, status: 81, in: Layout.namespaces, layout) },
            { ChildPlan.open($0, status: 81, identity: nil, layout) },
        ] as [(ChildPlan.Command) -> [Step]] {
            #expect(plan(Layout.command(.probe)) == plan(Layout.command()).dropLast() + [.exit(0)])
        }
    }

    @Test(arguments: [WorkspaceSharing.group, .sameOwner])
    func withoutAnIdmappedWorkspaceTheGroupMayWriteWhatACommandMakes(sharing: WorkspaceSharing) {
        let layout = Layout.make(sharing: sharing)
        #expect(
            ChildPlan.user(Layout.command(), status: 81, in: Layout.namespaces, layout).contains(.fileModeMask(0o002))
        )
        let cell = ChildPlan.cell(Layout.command(), status: 81, in: Layout.namespaces, layout)
        #expect(cell.contains(.fileModeMask(0o002)))
    }

    @Test func aTerminalIsOpenedInTheAskedSizeRightAfterTheFileModeMask() throws {
        let size = TerminalSize(rows: 33, columns: 121)
        let layout = Layout.make()
        let command = Layout.command(terminal: size)
        for steps in [
            ChildPlan.user(command, status: 81, in: Layout.namespaces, layout),
            ChildPlan.cell(command, status: 81, in: Layout.namespaces, layout),
            ChildPlan.open(command, status: 81, identity: nil, layout),
        ] {
            let position = try #require(steps.firstIndex(of: .terminal(size)))
            #expect(steps[position - 1].name == "fileModeMask")
        }
    }

    @Test func aCellIsScopedByLandlockWhereTheKernelCanAndAUserCommandNever() throws {
        var layout = Layout.make()
        layout.landlockVersion = 6
        let steps = ChildPlan.cell(Layout.command(), status: 81, in: Layout.namespaces, layout)
        #expect(steps.positions("landlock").count == 1)
        // Landlock asks for no_new_privs, and the filter is the last.
        steps.expect("noNewPrivileges", before: "landlock")
        steps.expect("landlock", before: "filter")
        #expect(
            steps.filter { $0.name != "landlock" }
                == ChildPlan.cell(Layout.command(), status: 81, in: Layout.namespaces, Layout.make())
        )
        #expect(steps.contains(.landlock(LandlockRules(version: 6))))
        // Without scopes a domain would confine nothing that the cell's namespaces do not.
        layout.landlockVersion = 5
        #expect(
            ChildPlan.cell(Layout.command(), status: 81, in: Layout.namespaces, layout).positions("landlock").isEmpty
        )
        layout.landlockVersion = 6
        // User processes see and signal each other.
        let user = ChildPlan.user(Layout.command(), status: 81, in: Layout.namespaces, layout)
        #expect(user.positions("landlock").isEmpty)
    }

    @Test func everyStepReportsAFailureUnderAStageOfItsOwnOrOfItsKin() {
        for sequence in Sequence.unprivileged {
            #expect(sequence.steps.allSatisfy { $0.stage != .none }, "\(sequence.name)")
        }
    }
}
