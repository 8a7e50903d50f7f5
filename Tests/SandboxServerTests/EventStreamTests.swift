import HTTPTypes
import HelperClient
import HummingbirdCore
import Logging
import SandboxAPI
import Synchronization
import Testing

@testable import SandboxServer

@Suite(.timeLimit(.minutes(1)))
struct EventStreamTests {
    private struct Event: Encodable {
        var text: String
    }

    private static func context(_ connection: Connection = Connection(verdict: .permitted)) -> SandboxContext {
        SandboxContext(
            source: .init(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, connection: connection)
        )
    }

    @Test func `every event is one frame in one write, and the end is clean`() async throws {
        let response = EventStream.response(Self.context()) { writer in
            try await writer.send(Event(text: "a\nä/b"))
            try await writer.send(Event(text: "2"))
        }
        let writer = CollectingWriter()
        try await response.body.write(writer)
        #expect(writer.pieces == ["data: {\"text\":\"a\\nä/b\"}\n\n", "data: {\"text\":\"2\"}\n\n"])
        #expect(writer.isFinished && response.headers[.contentType] == "text/event-stream")
        #expect(response.headers[.cacheControl] == "no-cache" && response.headers[.connection] == "keep-alive")
    }

    @Test func `a silent stream is kept alive by comments`() async throws {
        let response = EventStream.response(Self.context(), heartbeat: .milliseconds(50)) { _ in
            try await Task.sleep(for: .milliseconds(180))
        }
        let writer = CollectingWriter()
        try await response.body.write(writer)
        #expect(writer.pieces.count >= 2 && writer.pieces.allSatisfy { $0 == ": ping\n\n" })
    }

    @Test func `a reader that goes away ends what makes the events`() async throws {
        let connection = Connection(verdict: .permitted)
        let wasCancelled = OneShot<Bool>()
        let response = EventStream.response(Self.context(connection)) { writer in
            try await writer.send(Event(text: "1"))
            connection.closed.set(())
            do {
                try await Task.sleep(for: .seconds(50))
                wasCancelled.set(false)
            } catch {
                wasCancelled.set(true)
            }
        }
        try await response.body.write(CollectingWriter())
        #expect(wasCancelled.value == true)
    }

    @Test func `a slow reader holds up the source`() async throws {
        let sent = Mutex(0)
        let mostAhead = Mutex(0)
        let writer = CollectingWriter(pause: .milliseconds(20))
        let response = EventStream.response(Self.context()) { events in
            for number in 1...10 {
                try await events.send(Event(text: "\(number)"))
                sent.withLock { $0 = number }
                mostAhead.withLock { $0 = max($0, number - writer.pieces.count) }
            }
        }
        try await response.body.write(writer)
        #expect(writer.pieces.count == 10 && mostAhead.withLock { $0 } <= 2)
    }

    @Test func `an error of the source is not taken for a clean end`() async throws {
        let response = EventStream.response(Self.context()) { _ in throw APIError(.internalError, "x") }
        let writer = CollectingWriter()
        await #expect(throws: APIError.self) { try await response.body.write(writer) }
        #expect(!writer.isFinished)
    }
}
