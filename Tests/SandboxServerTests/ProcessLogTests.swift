import NIOCore
import Testing

@testable import SandboxServer

@Suite(.timeLimit(.minutes(1))) struct ProcessLogTests {
    @Test func `who comes after the beginning has gone is told how much of it`() async throws {
        let log = ProcessLog(capacity: 65_536)
        let piece = ByteBuffer(string: String(repeating: "x", count: 65_536))
        for _ in 0..<3 { _ = log.append(piece, to: .output) }
        _ = log.append(ByteBuffer(string: "last"), to: .error)
        log.finish()
        let kept = log.kept()
        #expect(kept.missed > 0 && kept.missed + kept.output.utf8.count + kept.error.utf8.count == 3 * 65_536 + 4)
        #expect(kept.error == "last")
        var missed: [Int] = []
        var count = 0
        try await log.read { event in
            switch event {
            case .missed(let bytes): missed.append(bytes)
            case .text(_, let text): count += text.utf8.count
            }
        }
        #expect(missed == [kept.missed] && count == kept.output.utf8.count + 4)
    }

    @Test func `nobody is told of a gap where there is none`() async throws {
        let log = ProcessLog(capacity: 65_536)
        _ = log.append(ByteBuffer(string: "all"), to: .output)
        log.finish()
        let kept = log.kept()
        #expect(kept.output == "all" && kept.error.isEmpty && kept.missed == 0)
        try await log.read { event in
            if case .missed = event { Issue.record("nothing is missing") }
        }
    }
}
