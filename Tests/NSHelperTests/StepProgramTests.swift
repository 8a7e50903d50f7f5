import CNamespaceShim
import Glibc
import HelperProtocol
import Testing

@testable import NSHelper

/// The C memory that a child reads, against the list it was made from.
struct StepProgramTests {
    private func text(_ pointer: UnsafePointer<CChar>?) -> String? { pointer.map { String(cString: $0) } }

    /// Lays out one step and looks at it.
    private func layOut(_ step: Step, _ look: (cns_step) throws -> Void) throws {
        let filters = try FilterSet()
        let image = CommandImage()
        let program = StepProgram([step], filters: filters, image: image)
        #expect(program.count == 1)
        #expect(program.steps[0].stage == step.stage.rawValue)
        try look(program.steps[0])
    }

    @Test(arguments: Sequence.unprivileged + [.open])
    func aProgramHasOneStepForEachOfTheListInItsOrderAndUnderItsStage(sequence: Sequence) throws {
        let filters = try FilterSet()
        let image = CommandImage()
        let program = StepProgram(sequence.steps, filters: filters, image: image)
        #expect(program.count == sequence.steps.count)
        for (index, step) in sequence.steps.enumerated() {
            #expect(program.steps[index].stage == step.stage.rawValue)
            #expect(program.steps[index].operation != 0, "\(step)")
            #expect(program.steps[index].tolerated == 0)
        }
    }

    @Test func stepsWithoutAnythingAreTheirOperationAlone() throws {
        let plain: [(Step, cns_operation)] = [
            (.defaultSignals, CNS_DEFAULT_SIGNALS), (.notDumpable, CNS_NOT_DUMPABLE), (.newSession, CNS_NEW_SESSION),
            (.sendNamespaces, CNS_SEND_NAMESPACES), (.sessionKeyring, CNS_SESSION_KEYRING),
            (.clearAmbient, CNS_CLEAR_AMBIENT), (.dropCapabilities, CNS_DROP_CAPABILITIES), (.subreaper, CNS_SUBREAPER),
            (.noNewPrivileges, CNS_NO_NEW_PRIVILEGES), (.emptySignalMask, CNS_EMPTY_SIGNAL_MASK),
        ]
        for (step, operation) in plain {
            try layOut(step) { raw in
                #expect(UInt32(raw.operation) == operation.rawValue, "\(step)")
                #expect([raw.a, raw.b, raw.c] == [0, 0, 0])
                #expect(raw.p == nil && raw.q == nil && raw.r == nil && raw.s == nil && raw.list == nil)
                #expect(raw.arguments == nil && raw.variables == nil && raw.init_steps == nil)
            }
        }
    }

    @Test func onlyAListOfPlacesLimitsWhatMayBeWritten() throws {
        try layOut(.landlock(LandlockRules(version: 1, writable: ["/a", "/b"]))) { raw in
            let list = try #require(raw.arguments)
            #expect(text(list[0]) == "/a" && text(list[1]) == "/b" && list[2] == nil)
        }
        try layOut(.landlock(LandlockRules(version: 1))) { #expect($0.arguments == nil) }
    }

    @Test(arguments: [true, false])
    func theBoundingSetIsLookedAtWhereItCouldBeEmptied(isEmpty: Bool) throws {
        try layOut(.verifyIdentity(uid: 1, gid: 2, boundingIsEmpty: isEmpty)) { #expect(($0.q != nil) == isEmpty) }
    }

    @Test func numbersAreWhereTheRunnerLooksForThem() throws {
        let limit = ResourceLimit(resource: .openFiles, soft: 5, hard: .max)
        let cases: [(Step, cns_operation, [Int64])] = [
            (.outOfMemoryScore(300), CNS_OOM_SCORE, [300, 0, 0]), (.nice(7), CNS_NICE, [7, 0, 0]),
            (.outOfMemoryScore(-7), CNS_OOM_SCORE, [-7, 0, 0]),
            (.resourceLimit(limit), CNS_RESOURCE_LIMIT, [Int64(RLIMIT_NOFILE.rawValue), 5, -1]),
            (.joinNamespace(descriptor: 9, .mount), CNS_JOIN_NAMESPACE, [9, 0x0002_0000, 0]),
            (.joinNamespace(descriptor: 9, .ipc), CNS_JOIN_NAMESPACE, [9, 0x0800_0000, 0]),
            (.joinNamespace(descriptor: 9, .uts), CNS_JOIN_NAMESPACE, [9, 0x0400_0000, 0]),
            (.joinNamespace(descriptor: 9, .process), CNS_JOIN_NAMESPACE, [9, 0x2000_0000, 0]),
            (.newMountNamespace, CNS_NEW_NAMESPACE, [0x0002_0000, 0, 0]),
            (.reapForEver(lifeline: 3), CNS_REAP_FOR_EVER, [3, 0, 0]),
            (.reapUntilCommandEnds(status: 4), CNS_REAP_UNTIL, [4, 0, 0]),
            (.shepherd(status: 5), CNS_SHEPHERD, [5, 0, 0]),
            (.dropBounding, CNS_DROP_BOUNDING, [Int64(cns_last_capability()), 0, 0]),
            (.groupID(.max - 1), CNS_GROUP_ID, [0xFFFF_FFFE, 0, 0]), (.userID(4201), CNS_USER_ID, [4201, 4201, 0]),
            (.userIDs(real: 5, effective: 6), CNS_USER_ID, [5, 6, 0]),
            (.verifyIdentity(uid: 7, gid: 8), CNS_VERIFY_IDENTITY, [7, 7, 8]),
            (.verifyIdentity(uid: 7, effective: 9, gid: 8), CNS_VERIFY_IDENTITY, [7, 9, 8]),
            (.ownDirectory("/h", uid: 7, gid: 8, mode: 0o700), CNS_OWN_DIRECTORY, [7, 8, 0o700]),
            (.keep(status: 3, lifeline: 4, directory: "/h", endsAtOnce: true), CNS_KEEP, [3, 4, 1]),
            (.keep(status: 3, lifeline: 4, directory: "/h", endsAtOnce: false), CNS_KEEP, [3, 4, 0]),
            (.landlock(LandlockRules(version: 7, forbidsBinding: true)), CNS_LANDLOCK, [7, 1, 0]),
            (.landlock(LandlockRules(version: 5)), CNS_LANDLOCK, [5, 0, 0]),
            (.parentDeathSignal(SIGKILL), CNS_PARENT_DEATH_SIGNAL, [9, 0, 0]),
            (.fileModeMask(0o077), CNS_UMASK, [0o077, 0, 0]),
            (.terminal(TerminalSize(rows: 24, columns: 80)), CNS_TERMINAL, [24, 80, 0]),
            (.terminal(TerminalSize(rows: 24, columns: 80), isExclusive: true), CNS_TERMINAL, [24, 80, 1]),
            (.executeDescriptor(7), CNS_EXECUTE_DESCRIPTOR, [7, 0, 0]), (.exit(3), CNS_EXIT, [3, 0, 0]),
        ]
        for (step, operation, numbers) in cases {
            try layOut(step) { raw in
                #expect(UInt32(raw.operation) == operation.rawValue, "\(step)")
                #expect([raw.a, raw.b, raw.c] == numbers, "\(step)")
            }
        }
    }

    @Test func stringsAreCopiedWithTheirNUL() throws {
        let long = "/" + String(repeating: "ä", count: 2000)
        for path in ["/", "/a b", long, ""] {
            try layOut(.mask(path)) { #expect(text($0.q) == path) }
            try layOut(.workingDirectory(Array(path.utf8))) { #expect(text($0.q) == path) }
            try layOut(.execute(Array(path.utf8))) { #expect(text($0.q) == path) }
            try layOut(.title(path)) { #expect(text($0.q) == path) }
            try layOut(.readOnly(path)) { #expect(text($0.q) == path) }
        }
    }

    @Test func bytesThatAreNoTextArriveAsTheyAre() throws {
        try layOut(.execute([0x2F, 0xFF, 0x80])) { raw in
            let path = try #require(raw.q)
            #expect((0..<4).map { UInt8(bitPattern: path[$0]) } == [0x2F, 0xFF, 0x80, 0])
        }
    }

    @Test func aMountHasItsFourStringsAndFlags() throws {
        let flags: MountFlags = [.noSUID, .noDevices, .noExecute]
        try layOut(.mount(source: "src", target: "/t", type: "tmpfs", flags: flags, data: "size=1")) { raw in
            #expect(UInt32(raw.operation) == CNS_MOUNT.rawValue)
            #expect([text(raw.p), text(raw.q), text(raw.r), text(raw.s)] == ["src", "/t", "tmpfs", "size=1"])
            #expect(raw.a == Int64(MS_NOSUID | MS_NODEV | MS_NOEXEC))
        }
        try layOut(.privateMounts) { raw in
            #expect(UInt32(raw.operation) == CNS_MOUNT.rawValue)
            #expect(raw.p == nil && text(raw.q) == "/" && raw.r == nil && raw.s == nil)
            #expect(raw.a == Int64(MS_REC | MS_PRIVATE))
        }
    }

    @Test func placesAndDevicesKeepTheirLocationApartFromTheirPath() throws {
        try layOut(.openLocation("/dev/tty", 5)) { #expect(text($0.q) == "/dev/tty" && $0.a == 5) }
        try layOut(.mountLocation(6, target: "/w")) { #expect(text($0.q) == "/w" && $0.a == 6) }
        try layOut(.device(2, DeviceNode(name: "full", major: 1, minor: 7))) { raw in
            #expect(text(raw.q) == "/dev/full")
            #expect([raw.a, raw.b, raw.c] == [2, 1, 7])
        }
        try layOut(.idmap("/w", userNamespace: 63)) { #expect(text($0.q) == "/w" && $0.a == 63) }
        try layOut(.makeDirectory("/d", mode: 0o755)) { #expect(text($0.q) == "/d" && $0.a == 0o755) }
        try layOut(.symbolicLink("to", at: "/l")) { #expect(text($0.p) == "to" && text($0.q) == "/l") }
    }

    @Test func mountAttributesAreTheKernelsNumbers() throws {
        // MOUNT_ATTR_RDONLY 1, NOSUID 2, NODEV 4 (mount_setattr(2)).
        let step = Step.mountAttributes("/", set: [.readOnly, .noDevices], clear: .noSUID, wholeTree: true)
        try layOut(step) { #expect([$0.a, $0.b, $0.c] == [5, 2, 1]) }
        try layOut(.mountAttributes("/", set: [], clear: [], wholeTree: false)) {
            #expect([$0.a, $0.b, $0.c] == [0, 0, 0])
        }
    }

    @Test func listsAreCopiedWithTheirCount() throws {
        try layOut(.descriptors([71, 72, 73])) { raw in
            let list = try #require(raw.list).assumingMemoryBound(to: Int32.self)
            #expect(raw.a == 3)
            #expect((0..<3).map { list[$0] } == [71, 72, 73])
        }
        try layOut(.supplementaryGroups([5, .max])) { raw in
            let list = try #require(raw.list).assumingMemoryBound(to: UInt32.self)
            #expect(raw.a == 2)
            #expect((0..<2).map { list[$0] } == [5, .max])
        }
        try layOut(.supplementaryGroups([])) { #expect($0.a == 0) }
    }

    @Test(arguments: FilterName.allCases)
    func aFilterIsTheOneThatWasBuilt(name: FilterName) throws {
        let filters = try FilterSet()
        let image = CommandImage()
        let program = StepProgram([.filter(name)], filters: filters, image: image)
        #expect(program.steps[0].list == UnsafeRawPointer(filters[name].instructions))
        #expect(program.steps[0].a == Int64(filters[name].count))
    }

    @Test func onlyAnExecutionLeadsToTheImagesStrings() throws {
        let filters = try FilterSet()
        let image = CommandImage(arguments: ["sh"], variables: [EnvironmentVariable("A", "1")])
        let steps: [Step] = [.execute(Array("/bin/sh".utf8)), .executeDescriptor(5), .exit(0)]
        let program = StepProgram(steps, filters: filters, image: image)
        for index in 0..<2 {
            #expect(program.steps[index].arguments == UnsafePointer(image.arguments))
            #expect(program.steps[index].variables == UnsafePointer(image.variables))
        }
        #expect(program.steps[2].arguments == nil)
        #expect(program.steps[2].variables == nil)
    }

    @Test func theStepsOfAParentAreLaidOutBesideThoseOfItsChild() throws {
        let filters = try FilterSet()
        let image = CommandImage()
        let own: [Step] = [.title("ns-init"), .descriptors([1, 2]), .userID(9), .filter(.namespaceInit)]
        let program = StepProgram([.newSession, .forkInit(own), .exit(0)], filters: filters, image: image)
        #expect(program.count == 3)
        let fork = program.steps[1]
        #expect(UInt32(fork.operation) == CNS_FORK_INIT.rawValue)
        #expect(fork.init_step_count == own.count)
        let steps = try #require(fork.init_steps)
        for (index, step) in own.enumerated() { #expect(steps[index].stage == step.stage.rawValue) }
        #expect(text(steps[0].q) == "ns-init")
        #expect(steps[1].a == 2)
        #expect(steps[2].a == 9)
        #expect(steps[3].list == UnsafeRawPointer(filters[.namespaceInit].instructions))
    }

    @Test func anEmptyListIsAnEmptyProgram() throws {
        let filters = try FilterSet()
        let image = CommandImage()
        #expect(StepProgram([], filters: filters, image: image).count == 0)
    }
}
