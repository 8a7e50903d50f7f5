import AgentProtocol
import Testing

@Suite struct ShellRecordTests {
    private static let events: [ShellEvent] = [
        .started(number: 7, pid: 12), .finished(number: .max, status: 137, directory: Array("/w ä".utf8)),
        .ended(status: 3), .stopped(number: 0),
    ]

    @Test(arguments: events) func `an event comes out as it went in`(_ event: ShellEvent) throws {
        #expect(try ShellEvent(event.encoded()) == event)
    }

    @Test func `a request to stop comes out as it went in, and carries nothing`() throws {
        let request = ShellRequest.stop(number: 9, graceMilliseconds: 5000)
        #expect(try ShellRequest(request.encoded(), descriptorCount: 0) == request)
        #expect(throws: (any Error).self) { try ShellRequest(request.encoded(), descriptorCount: 3) }
    }
}
