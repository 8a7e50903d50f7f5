import CNamespaceShim
import Glibc
import HelperProtocol
import HelperTransport
import Testing

@testable import NSHelper

/// Both ends of a report socket: the far one plays the child.
private struct ReportEnds: ~Copyable {
    var report: ChildReport
    private var child: RecordChannel?

    init() throws {
        let pair = try RecordChannel.pair()
        child = RecordChannel(adopting: OwnedDescriptor(adopting: fcntl(pair.far.rawValue, F_DUPFD_CLOEXEC, 0)))
        report = ChildReport(socket: pair.consumeNear())
    }

    func send(
        _ kind: cns_report_kind,
        stage: UInt32 = 0,
        error: Int32 = 0,
        value: Int32 = 0,
        descriptors: [Int32] = []
    ) throws {
        try sendRaw(
            withUnsafeBytes(of: cns_report(kind: kind.rawValue, stage: stage, error: error, value: value)) {
                Array($0)
            },
            descriptors
        )
    }

    func sendRaw(_ record: [UInt8], _ descriptors: [Int32] = []) throws {
        switch child {
        case .some(let child): try child.send(record, descriptors: descriptors)
        case .none: throw SystemError(errno: EPIPE)
        }
    }

    var pid: Int32? { report.pid }
    var failure: HelperFailure? { report.failure }
    var outcome: HelperFailure? { report.outcome }
    var isComplete: Bool { report.isComplete }

    /// The child executes, or dies.
    mutating func closeChild() { child = nil }
}

struct ChildReportTests {
    private func pipe() throws -> [Int32] {
        var ends: [Int32] = [-1, -1]
        try #require(Glibc.pipe(&ends) == 0)
        return ends
    }

    @Test func nothingIsKnownBeforeAnythingWasSaid() throws {
        var ends = try ReportEnds()
        ends.report.drain()
        #expect(ends.isComplete == false)
        #expect(ends.pid == nil)
        #expect(ends.failure == nil)
    }

    @Test func aChildThatExecutesGivesItsPIDAndADescriptorOfItself() throws {
        var ends = try ReportEnds()
        let files = try pipe()
        try ends.send(CNS_REPORT_PID, value: 17, descriptors: [files[0]])
        for file in files { close(file) }
        ends.report.drain()
        #expect(ends.isComplete == false)
        ends.closeChild()
        ends.report.drain()
        #expect(ends.isComplete == true)
        #expect(ends.pid == 17)
        #expect(ends.outcome == nil)
        let command = ends.report.takeCommand()
        let number = command.number
        #expect((number ?? -1) >= 0)
        let isThereStill = ends.report.takeCommand() != nil
        #expect(!isThereStill)
    }

    @Test func aChildThatDiesWithoutAWordIsAFailureOfItsReport() throws {
        var ends = try ReportEnds()
        ends.closeChild()
        ends.report.drain()
        #expect(ends.isComplete == true)
        #expect(ends.outcome == HelperFailure(.stepFailed, stage: .report, errno: ECHILD))
    }

    @Test func aStepThatFailsIsReportedWithItsStageAndReason() throws {
        for stage in Stage.allCases where stage != .none {
            var ends = try ReportEnds()
            try ends.send(CNS_REPORT_FAILURE, stage: UInt32(stage.rawValue), error: EACCES)
            ends.closeChild()
            ends.report.drain()
            #expect(ends.outcome == HelperFailure(.stepFailed, stage: stage, errno: EACCES))
        }
    }

    @Test func anExecutionThatFailsAfterThePIDWasToldIsAFailureAllTheSame() throws {
        var ends = try ReportEnds()
        try ends.send(CNS_REPORT_PID, value: 17)
        try ends.send(CNS_REPORT_FAILURE, stage: UInt32(Stage.execute.rawValue), error: ENOENT)
        ends.closeChild()
        ends.report.drain()
        #expect(ends.outcome == HelperFailure(.stepFailed, stage: .execute, errno: ENOENT))
    }

    @Test func theFirstFailureCounts() throws {
        var ends = try ReportEnds()
        try ends.send(CNS_REPORT_FAILURE, stage: UInt32(Stage.mount.rawValue), error: EPERM)
        try ends.send(CNS_REPORT_FAILURE, stage: UInt32(Stage.fork.rawValue), error: EIO)
        ends.report.drain()
        #expect(ends.failure == HelperFailure(.stepFailed, stage: .mount, errno: EPERM))
    }

    @Test func aStageNobodyKnowsIsAFailureOfTheReport() throws {
        var ends = try ReportEnds()
        try ends.send(CNS_REPORT_FAILURE, stage: 9999, error: EIO)
        ends.report.drain()
        #expect(ends.failure == HelperFailure(.stepFailed, stage: .report, errno: EIO))
    }

    @Test func aRecordThatIsNoneIsAFailureOfTheReport() throws {
        for record in [[9, 0, 0, 0], [1], [UInt8](repeating: 0, count: 16), [UInt8](repeating: 0xFF, count: 64)] {
            var ends = try ReportEnds()
            try ends.sendRaw(record as [UInt8])
            ends.report.drain()
            // The shortest is the kind "pid" and nothing else: a pid of 0, which names nobody.
            let isNobody = ends.report.pid == 0
            let failure = ends.report.failure ?? (isNobody ? HelperFailure(.stepFailed) : nil)
            #expect(failure != nil, "\(record)")
        }
    }

    @Test func aNamespacesInitGivesFourDescriptorsAndATerminalTwo() throws {
        var ends = try ReportEnds()
        let files = try pipe()
        defer { for file in files { close(file) } }
        try ends.send(CNS_REPORT_NAMESPACES, descriptors: files + files)
        try ends.send(CNS_REPORT_TERMINAL, descriptors: files)
        ends.report.drain()
        guard let namespaces = ends.report.takeNamespaces(), let terminal = ends.report.takeTerminal() else {
            Issue.record("a list is missing")
            return
        }
        #expect((0..<namespaces.count).map { namespaces[$0] }.count { $0 >= 0 } == 4)
        #expect((0..<terminal.count).map { terminal[$0] }.count { $0 >= 0 } == 2)
        let isThereStill = ends.report.takeNamespaces() != nil
        #expect(!isThereStill)
    }

    @Test func descriptorsThatNobodyTakesAreClosedWithTheReport() throws {
        let files = try pipe()
        defer { close(files[0]) }
        do {
            var ends = try ReportEnds()
            try ends.send(CNS_REPORT_NAMESPACES, descriptors: [files[1], files[1]])
            try ends.send(CNS_REPORT_PID, value: 1, descriptors: [files[1], files[1]])
            try ends.send(CNS_REPORT_FAILURE, stage: 4, error: 1, descriptors: [files[1]])
            close(files[1])
            ends.report.drain()
        }
        // With the last writer gone the pipe is at its end.
        var byte: UInt8 = 0
        #expect(fcntl(files[0], F_SETFL, O_NONBLOCK) == 0)
        #expect(read(files[0], &byte, 1) == 0)
    }

    @Test func receivedDescriptorsAreNotInheritedByTheNextChild() throws {
        var ends = try ReportEnds()
        let files = try pipe()
        defer { for file in files { close(file) } }
        try ends.send(CNS_REPORT_PID, value: 1, descriptors: [files[0]])
        ends.report.drain()
        let command = ends.report.takeCommand()
        let number = command.number ?? -1
        #expect(fcntl(number, F_GETFD) & FD_CLOEXEC != 0)
    }

    @Test func patienceWithAChildThatSaysNothingEnds() throws {
        var ends = try ReportEnds()
        ends.report.drainToEnd(timeoutMilliseconds: 1)
        #expect(ends.failure == HelperFailure(.stepFailed, stage: .report, errno: ETIMEDOUT))
        #expect(ends.isComplete == false)
    }

    @Test func waitingEndsWithTheChild() throws {
        var ends = try ReportEnds()
        try ends.send(CNS_REPORT_PID, value: 5)
        ends.closeChild()
        ends.report.drainToEnd(timeoutMilliseconds: 5000)
        #expect(ends.isComplete == true)
        #expect(ends.outcome == nil)
    }
}
