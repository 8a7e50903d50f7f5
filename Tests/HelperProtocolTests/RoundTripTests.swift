import HelperProtocol
import Testing

struct RoundTripTests {
    @Test(arguments: Samples.requests.indices)
    func everyRequestSurvivesTheWire(index: Int) throws {
        let sample = Samples.requests[index]
        let decoded = try HelperRequest.decode(
            sample.request.encoded(id: sample.id),
            descriptorCount: sample.request.descriptorCount
        )
        #expect(decoded.id == sample.id)
        #expect(decoded.request == sample.request)
    }

    @Test(arguments: Samples.replies.indices)
    func everyReplySurvivesTheWire(index: Int) throws {
        let sample = Samples.replies[index]
        let record = sample.reply.encoded(id: sample.id, descriptorCount: sample.descriptorCount)
        let decoded = try HelperMessage.decode(record, descriptorCount: sample.descriptorCount)
        #expect(decoded == .reply(id: sample.id, sample.reply))
    }

    @Test(arguments: Samples.events.indices)
    func everyEventSurvivesTheWire(index: Int) throws {
        let event = Samples.events[index].event
        #expect(try HelperMessage.decode(event.encoded(), descriptorCount: 0) == .event(event))
    }

    @Test(arguments: IsolationMode.allCases)
    func aModesIntroductionSurvivesTheWire(mode: IsolationMode) throws {
        var hello = Samples.hello(mode: mode)
        (hello.cellUIDs, hello.landlockVersion, hello.acceptsUnprotectedCredentials) = (4300..<4557, 7, true)
        let reply = HelperReply.hello(hello)
        let decoded = try HelperMessage.decode(reply.encoded(id: 1, descriptorCount: 0), descriptorCount: 0)
        #expect(decoded == .reply(id: 1, reply))
        #expect(IsolationMode(name: mode.name) == mode)
    }

    @Test func modesAreOrderedByStrength() {
        #expect(IsolationMode.strongestFirst.count == IsolationMode.allCases.count)
        #expect(IsolationMode.namespaces.isAtLeast(.users) && IsolationMode.users.isAtLeast(.users))
        #expect(IsolationMode.users.isAtLeast(.landlock) && !IsolationMode.landlock.isAtLeast(.users))
        #expect(IsolationMode.landlock.isAtLeast(.none) && !IsolationMode.none.isAtLeast(.landlock))
        #expect(!IsolationMode.users.isAtLeast(.namespaces) && !IsolationMode.none.isAtLeast(.users))
    }

    @Test func samplesCoverEveryOperation() throws {
        let seen = try Set(Samples.records.map { try RecordHeader(record: $0.record).operation })
        #expect(seen == Set(Operation.allCases))
        for sample in Samples.requests {
            #expect(sample.request.encoded(id: 1)[6] == UInt8(sample.request.operation.rawValue))
        }
    }

    @Test func fieldsMayComeInAnyOrder() throws {
        let record = RawRecord(operation: 3, fields: [.integer(2, UInt8(9)), .integer(1, UInt64(1) << 32)])
        #expect(try HelperRequest.decode(record.bytes, descriptorCount: 0).request == .signal(Samples.first, 9))
    }

    @Test(arguments: [HelperFailure.Code.stepFailed, .notPermitted, .notATerminal, .shuttingDown], Stage.allCases)
    func everyFailureSurvivesTheWire(code: HelperFailure.Code, stage: Stage) throws {
        let reply = HelperReply.failed(HelperFailure(code, stage: stage, errno: -1))
        #expect(try HelperMessage.decode(reply.encoded(id: 3), descriptorCount: 0) == .reply(id: 3, reply))
    }

    @Test(arguments: [UInt8.min, 1, .max])
    func exitStatusKeepsCodeAndSignalApart(number: UInt8) throws {
        for cause in [ExitStatus.Cause.exited(number), .signaled(number)] {
            let event = HelperEvent.processExited(Samples.later, ExitStatus(cause: cause, maximumResidentKiB: .max))
            #expect(try HelperMessage.decode(event.encoded(), descriptorCount: 0) == .event(event))
        }
        #expect(ExitStatus(cause: .exited(number)).shellCode == Int(number))
        #expect(ExitStatus(cause: .signaled(number)).shellCode == 128 + Int(number))
    }

    @Test func statusReplyLeavesOutProcessesBeyondTheLimit() throws {
        var status = Samples.status
        let row = status.processes[0]
        status.processes = Array(repeating: row, count: ProtocolLimits.statusProcesses + 1)
        let record = HelperReply.status(status).encoded(id: 1)
        #expect(record.count < ProtocolLimits.recordBytes)
        status.processes.removeLast()
        #expect(try HelperMessage.decode(record, descriptorCount: 0) == .reply(id: 1, .status(status)))
    }

    @Test func aHandleIsItsTwoHalves() {
        let handle = ProcessHandle(slot: 0xDEAD_BEEF, generation: 0x0102_0304)
        #expect(handle.rawValue == 0x0102_0304_DEAD_BEEF)
        #expect(ProcessHandle(rawValue: handle.rawValue) == handle)
        #expect(ProcessHandle(rawValue: .max) == ProcessHandle(slot: .max, generation: .max))
    }

    @Test func namesAreWhatCommandLinesAndHealthShow() {
        #expect(SandboxNamespace.allCases.map(\.name) == ["control", "user", "secure"])
        #expect(IsolationMode.allCases.map(\.name) == ["none", "namespaces", "users", "landlock"])
        #expect(IsolationMode(name: "namespaces") == .namespaces)
        #expect(IsolationMode(name: "Namespaces") == nil)
        #expect([WorkspaceSharing.sameOwner, .idmapped, .group].map(\.name) == ["same-owner", "idmapped", "group"])
        #expect(Stage.workingDirectory.name == "workingDirectory")
    }
}
