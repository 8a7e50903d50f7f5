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

    @Test func `every write is of whole frames, and the end is clean`() async throws {
        let response = EventStream.response(Self.context()) { writer in
            try await writer.send(Event(text: "a\nä/b"))
            try await writer.send(Event(text: "2"))
        }
        let writer = CollectingWriter()
        try await response.body.write(writer)
        #expect(writer.pieces.joined() == "data: {\"text\":\"a\\nä/b\"}\n\ndata: {\"text\":\"2\"}\n\n")
        #expect(writer.pieces.allSatisfy { $0.hasPrefix("data: ") && $0.hasSuffix("\n\n") })
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
                try await events.send(Event(text: String(repeating: "x", count: FrameQueue.capacity)))
                sent.withLock { $0 = number }
                mostAhead.withLock { $0 = max($0, number - writer.pieces.count) }
            }
        }
        try await response.body.write(writer)
        #expect(writer.pieces.count == 10 && mostAhead.withLock { $0 } <= 2)
    }

    @Test func `what a slow reader has not taken goes out together, in order, and has a bound`() async throws {
        let writer = CollectingWriter(pause: .milliseconds(20))
        let texts = (1...300).map { "\($0) " + String(repeating: "y", count: 1000) }
        let response = EventStream.response(Self.context()) { events in
            for text in texts { try await events.send(StreamEvent(type: text)) }
        }
        try await response.body.write(writer)
        #expect(writer.pieces.count < 50 && writer.pieces.allSatisfy { $0.utf8.count <= FrameQueue.capacity })
        let types = writer.pieces.joined().split(separator: "\n\n").map {
            $0.split(separator: "\"type\":\"")[1].dropLast(2)
        }
        #expect(types.map(String.init) == texts)
    }

    @Test(arguments: [
        StreamEvent(
            type: "stdout",
            data: (0..<0x300).map { String(UnicodeScalar($0)!) }.joined() + "\u{2028}🦆/\u{FFFD}"
        ),
        StreamEvent(type: "", data: ""),
        StreamEvent(
            type: "exit",
            data: "\\\"",
            command: "c",
            processId: "p",
            pid: -1,
            status: "s",
            exitCode: 0,
            timedOut: true,
            error: "\n"
        ),
    ])
    func `an event's own frame is what the encoder would write`(_ event: StreamEvent) throws {
        #expect(EventWriter.frame(event) == (try EventWriter.encoded(event)))
    }

    @Test(arguments: [
        FileStreamEvent.metadata(mimeType: "text/plain; charset=\"x\"", size: 7, isBinary: true), .chunk("a\tb\u{7F}"),
        .complete(bytesRead: Int.max), .error(""),
    ])
    func `a file event's own frame is what the encoder would write`(_ event: FileStreamEvent) throws {
        #expect(EventWriter.frame(event) == (try EventWriter.encoded(event)))
    }

    @Test func `an error of the source is not taken for a clean end`() async throws {
        let response = EventStream.response(Self.context()) { _ in throw APIError(.internalError, "x") }
        let writer = CollectingWriter()
        await #expect(throws: APIError.self) { try await response.body.write(writer) }
        #expect(!writer.isFinished)
    }
}
