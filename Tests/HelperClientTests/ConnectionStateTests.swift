import HelperProtocol
import Testing

@testable import HelperClient

private typealias State = ConnectionState<String, String>
private let handle = ProcessHandle(slot: 1, generation: 1)
private let status = ExitStatus(cause: .signaled(9))

private func spawned(_ id: UInt64) -> HelperMessage { .reply(id: id, .spawned(SpawnReply(handle: handle, pid: 2))) }

@Suite struct ConnectionStateTests {
    private func isClose(_ action: State.Action) -> Bool { if case .close = action { true } else { false } }

    @Test func `an exit of a process nobody started is a violation`() {
        var state = State()
        let action = state.received(.event(.processExited(handle, status)))
        #expect(isClose(action))
    }

    @Test func `an exit that comes twice is a violation`() {
        var state = State()
        let isSent1 = state.willSend(1, .spawn, "request", process: "process")
        #expect(isSent1)
        guard case .answer("request", _, nil) = state.received(spawned(1)) else { return #expect(Bool(false)) }
        guard case .end("process", status) = state.received(.event(.processExited(handle, status))) else {
            return #expect(Bool(false))
        }
        let action = state.received(.event(.processExited(handle, status)))
        #expect(isClose(action))
    }

    @Test func `a handle given twice is a violation`() {
        var state = State()
        let isSent2 = state.willSend(1, .spawn, "a", process: "a")
        #expect(isSent2)
        let isSent3 = state.willSend(2, .spawn, "b", process: "b")
        #expect(isSent3)
        _ = state.received(spawned(1))
        let action = state.received(spawned(2))
        #expect(isClose(action))
        let (requests, processes) = state.close()
        #expect(requests == ["b"] && processes == ["a"])
    }

    @Test func `the wrong kind of reply is a violation and its request is still failed`() {
        var state = State()
        let isSent4 = state.willSend(1, .status, "request", process: nil)
        #expect(isSent4)
        let action = state.received(.reply(id: 1, .signalled))
        #expect(isClose(action))
        let failed = state.close().requests
        #expect(failed == ["request"])
    }

    @Test func `nothing is sent after the end, and nobody is woken twice`() {
        var state = State()
        let isSent5 = state.willSend(1, .status, "request", process: nil)
        #expect(isSent5)
        let failed = state.close().requests
        #expect(failed == ["request"])
        let takenBack = state.couldNotSend(1)
        #expect(takenBack == nil)
        let isLateSent = state.willSend(2, .status, "late", process: nil)
        #expect(!isLateSent)
        let again = state.close().requests
        #expect(again.isEmpty)
    }
}
