import NIOCore
import Testing

@testable import SandboxServer

@Suite struct OutputCaptureTests {
    private func write(_ text: String, to capture: OutputCapture) {
        for byte in text.utf8 { _ = capture.append(ByteBuffer(bytes: [byte])) }
    }

    @Test(arguments: [("abcd", "abcd", false), ("abcde", "abcd", true), ("", "", false)])
    func `beyond the limit bytes are dropped and flagged`(_ written: String, _ kept: String, _ isTruncated: Bool) {
        let capture = OutputCapture(limit: 4, memory: OutputMemory(limit: 100))
        write(written, to: capture)
        let output = capture.take()
        #expect(String(buffer: output.bytes) == kept && output.isTruncated == isTruncated)
    }

    @Test func `what all commands keep together has a bound, and is free again when the answers are gone`() {
        let memory = OutputMemory(limit: 10)
        var answers = answers(["12345678", "abcd"], memory)
        #expect(answers.map { String(buffer: $0.bytes) } == ["12345678", "ab"])
        #expect(answers.map(\.isTruncated) == [false, true] && memory.usedBytes == 10)
        answers.removeLast()
        #expect(memory.usedBytes == 8)
        answers.removeAll()
        #expect(memory.usedBytes == 0)
    }

    private func answers(_ texts: [String], _ memory: OutputMemory) -> [CapturedOutput] {
        texts.map { text in
            let capture = OutputCapture(limit: 8, memory: memory)
            write(text, to: capture)
            return capture.take()
        }
    }

    @Test func `what follows a gap is not kept`() {
        let memory = OutputMemory(limit: 4)
        let other = memory.share()
        _ = other.grow(by: 4)
        let capture = OutputCapture(limit: 8, memory: memory)
        write("a", to: capture)
        #expect(capture.take().isTruncated)
        withExtendedLifetime(other) {}
    }
}
