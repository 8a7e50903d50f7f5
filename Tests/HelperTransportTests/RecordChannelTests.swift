import CMessageShim
import Glibc
import HelperProtocol
import HelperTransport
import Testing

struct RecordChannelTests {
    private let record: [UInt8] = Array("a record".utf8)

    /// The error number of `body`, nil if it succeeds.
    private func failure(_ body: () throws -> Void) -> Int32? {
        do {
            try body()
            return nil
        } catch {
            return (error as? SystemError)?.errno ?? -1
        }
    }

    @Test(arguments: 0...4)
    func aRecordArrivesWithItsDescriptors(count: Int) throws {
        let ends = try Ends()
        let pipe = try Descriptors.pipe()
        defer { for end in [pipe.reading, pipe.writing] { close(end) } }
        let before = Descriptors.references(to: pipe.reading)

        try ends.near.send(record, descriptors: Array(repeating: pipe.writing, count: count))
        do {
            guard let received = try ends.far.receive() else {
                Issue.record("end of connection")
                return
            }
            #expect(received.record == record)
            #expect(received.descriptors.count == count)
            for index in 0..<count {
                let number = received.descriptors[index]
                #expect(Descriptors.isCloseOnExec(number))
                #expect(number != pipe.writing)
            }
            #expect(Descriptors.references(to: pipe.reading) == before + count)
        }
        #expect(Descriptors.references(to: pipe.reading) == before)
    }

    @Test func everyDescriptorKeepsItsPlace() throws {
        let ends = try Ends()
        let pipe = try Descriptors.pipe()
        try ends.near.send(record, descriptors: [pipe.reading, pipe.writing])
        close(pipe.reading)
        close(pipe.writing)
        guard let received = try ends.far.receive() else {
            Issue.record("end of connection")
            return
        }
        var byte: UInt8 = 7
        #expect(write(received.descriptors[1], &byte, 1) == 1)
        byte = 0
        #expect(read(received.descriptors[0], &byte, 1) == 1)
        #expect(byte == 7)
    }

    @Test(arguments: [5, 6, 8, 253])
    func tooManyDescriptorsAreRefusedAndAllClosed(count: Int) throws {
        let ends = try Ends()
        let pipe = try Descriptors.pipe()
        defer { for end in [pipe.reading, pipe.writing] { close(end) } }
        let before = Descriptors.references(to: pipe.reading)
        try ends.sendRaw(record, descriptors: Array(repeating: pipe.writing, count: count))
        #expect(failure { _ = try ends.far.receiveRecord() } == EBADMSG)
        #expect(Descriptors.references(to: pipe.reading) == before)
    }

    @Test func theSenderItselfRefusesMoreThanItCanHold() throws {
        let ends = try Ends()
        #expect(failure { try ends.near.send(record, descriptors: Array(repeating: 0, count: 9)) } == EINVAL)
    }

    @Test func aClosedDescriptorIsNotSent() throws {
        let ends = try Ends()
        #expect(failure { try ends.near.send(record, descriptors: [-1]) } == EBADF)
    }

    @Test func recordsKeepTheirBoundariesAndOrder() throws {
        let ends = try Ends()
        let records: [[UInt8]] = [[1], [2, 2], [3, 3, 3]]
        for record in records { try ends.near.send(record) }
        for record in records { #expect(try ends.far.receiveRecord() == record) }
    }

    @Test func theLongestRecordArrivesAndALongerOneIsRefused() throws {
        let ends = try Ends()
        let pipe = try Descriptors.pipe()
        defer { for end in [pipe.reading, pipe.writing] { close(end) } }
        let before = Descriptors.references(to: pipe.reading)
        let longest = (0..<ProtocolLimits.recordBytes).map { UInt8(truncatingIfNeeded: $0) }
        try ends.near.send(longest)
        #expect(try ends.far.receiveRecord() == longest)
        try ends.near.send(longest + [0], descriptors: [pipe.writing])
        #expect(failure { _ = try ends.far.receiveRecord() } == EBADMSG)
        #expect(Descriptors.references(to: pipe.reading) == before)
    }

    @Test func aPeerThatIsGoneIsTheEndOfTheConnection() throws {
        let pair = try RecordChannel.pair()
        let near = RecordChannel(
            adopting: OwnedDescriptor(adopting: fcntl(pair.near.rawValue, F_DUPFD_CLOEXEC, 0))
        )
        try near.send(record)
        shutdown(pair.far.rawValue, Int32(SHUT_RDWR))
        #expect(failure { try near.send(record) } == EPIPE)
        #expect(try near.receiveRecord() == nil)
        #expect(try near.receiveRecord(waiting: false) == nil)
    }

    @Test func whatWasSentBeforeTheEndStillArrives() throws {
        let ends = try Ends()
        try ends.near.send(record)
        shutdown(ends.near.rawValue, Int32(SHUT_WR))
        #expect(try ends.far.receiveRecord() == record)
        #expect(try ends.far.receiveRecord() == nil)
    }

    @Test func anEmptyPacketIsTheEndOfTheConnection() throws {
        let ends = try Ends()
        try ends.sendRaw([], descriptors: [])
        #expect(try ends.far.receiveRecord() == nil)
    }

    @Test func descriptorsOfAnEmptyPacketAreClosed() throws {
        let ends = try Ends()
        let pipe = try Descriptors.pipe()
        defer { for end in [pipe.reading, pipe.writing] { close(end) } }
        let before = Descriptors.references(to: pipe.reading)
        for count in 1...4 {
            try ends.sendRaw([], descriptors: Array(repeating: pipe.writing, count: count))
            _ = failure { _ = try ends.far.receiveRecord() }
        }
        #expect(Descriptors.references(to: pipe.reading) == before)
    }

    @Test func anEmptyRecordIsNotSent() throws {
        let ends = try Ends()
        #expect(failure { try ends.near.send([]) } == EINVAL)
    }

    @Test func withoutWaitingBothDirectionsSayTryAgain() throws {
        let ends = try Ends()
        #expect(failure { _ = try ends.far.receiveRecord(waiting: false) } == EAGAIN)
        var sent = 0
        while sent < 100_000, failure({ try ends.near.send(record, waiting: false) }) == nil { sent += 1 }
        #expect(sent > 0)
        #expect(failure { try ends.near.send(record, waiting: false) } == EAGAIN)
        #expect(try ends.far.receiveRecord() == record)
        #expect(failure { try ends.near.send(record, waiting: false) } == nil)
    }

    @Test func shutDownWakesAWaitingReceiver() throws {
        let pair = try RecordChannel.pair()
        let near = pair.near.rawValue
        var thread = pthread_t()
        // The thread owns a duplicate; shutdown(2) acts on the connection, whichever descriptor it is called on.
        let waiting = fcntl(near, F_DUPFD_CLOEXEC, 0)
        let started = pthread_create(
            &thread,
            nil,
            { argument in
                let channel = RecordChannel(
                    adopting: OwnedDescriptor(adopting: Int32(truncatingIfNeeded: Int(bitPattern: argument)))
                )
                do {
                    return try channel.receiveRecord() == nil ? UnsafeMutableRawPointer(bitPattern: 1) : nil
                } catch {
                    return UnsafeMutableRawPointer(bitPattern: 2)
                }
            },
            UnsafeMutableRawPointer(bitPattern: Int(waiting))
        )
        #expect(started == 0)
        RecordChannel(adopting: OwnedDescriptor(adopting: fcntl(near, F_DUPFD_CLOEXEC, 0))).shutDown()
        var result: UnsafeMutableRawPointer?
        pthread_join(thread, &result)
        #expect(result == UnsafeMutableRawPointer(bitPattern: 1))
    }
}
