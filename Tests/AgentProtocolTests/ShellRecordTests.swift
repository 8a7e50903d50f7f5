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

    @Test(arguments: [false, true])
    func `a command comes out as it went in, with a descriptor more if it has an input`(_ hasInput: Bool) throws {
        let run = ShellRun(
            number: 3,
            kind: .background,
            directory: Array("/w".utf8),
            variables: [Array("A=b".utf8), Array("C=".utf8)],
            processID: Array("p".utf8),
            hasInput: hasInput
        )
        let request = ShellRequest.run(run)
        #expect(try ShellRequest(request.encoded(), descriptorCount: hasInput ? 4 : 3) == request)
        #expect(throws: (any Error).self) { try ShellRequest(request.encoded(), descriptorCount: hasInput ? 3 : 4) }
    }

    @Test func `a request to stop comes out as it went in, and carries nothing`() throws {
        let request = ShellRequest.stop(number: 9, graceMilliseconds: 5000)
        #expect(try ShellRequest(request.encoded(), descriptorCount: 0) == request)
        #expect(throws: (any Error).self) { try ShellRequest(request.encoded(), descriptorCount: 3) }
    }
}
