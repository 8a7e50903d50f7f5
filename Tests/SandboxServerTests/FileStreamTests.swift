import SandboxAPI
import Testing

@testable import SandboxServer

@Suite(.serialized, .timeLimit(.minutes(2)))
struct FileStreamTests {
    @Test func `text arrives in pieces that never split a character`() async throws {
        try await FilePlaceFixture.with { place async throws in
            // One byte first, so that the pieces' ends fall into characters.
            let content = "x" + String(repeating: "🦆ä", count: 30_000)
            try place.put(content, "t.txt")
            let answer = try await place.post("/api/read/stream", ["path": "t.txt"])
            let events: [FileStreamEvent] = try place.events(answer)
            #expect(events.first == .metadata(mimeType: "text/plain", size: content.utf8.count, isBinary: false))
            #expect(events.last == .complete(bytesRead: content.utf8.count))
            #expect(events.filter { $0.type == .chunk }.count == 3)
            #expect(events.compactMap(\.data).joined() == content)
        }
    }

    @Test func `bytes arrive as base64 that can be put together`() async throws {
        try await FilePlaceFixture.with { place async throws in
            let content = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            try place.put(content, "b.png")
            let events: [FileStreamEvent] = try place.events(
                try await place.post("/api/read/stream", ["path": "b.png"])
            )
            #expect(events.first?.isBinary == true && events.first?.encoding == "base64")
            #expect(Base64.decode(events.compactMap(\.data).joined()) == content)
            #expect(events.compactMap(\.data).first?.utf8.count == 65_535 / 3 * 4)
        }
    }

    @Test(arguments: ["missing", "", "."])
    func `what goes wrong is an event of an answer with status 200`(_ path: String) async throws {
        try await FilePlaceFixture.with { place async throws in
            let answer = try await place.post("/api/read/stream", ["path": .string(path)])
            let events: [FileStreamEvent] = try place.events(answer)
            #expect(answer.status == 200 && events.map(\.type) == [.error] && events.first?.error != nil)
        }
    }
}
