import NIOCore
import Testing

@testable import SandboxServer

@Suite struct OutputRuleTests {
    private func text(_ output: OutputRule.Output?) -> String? { output.map { String(buffer: $0.bytes) } }

    @Test func `what is unread at the end is waited for, and no byte more`() {
        var rule = OutputRule(limit: 100)
        var outputs = [text(rule.read(ByteBuffer(string: "ab")))]
        outputs.append(text(rule.processEnded(unread: 3)))
        outputs.append(text(rule.read(ByteBuffer(string: "c"))))
        outputs.append(text(rule.read(ByteBuffer(string: "deSURVIVOR"))))
        outputs.append(text(rule.read(ByteBuffer(string: "more"))))
        outputs.append(text(rule.closed()))
        #expect(outputs == [nil, nil, nil, "abcde", nil, nil])
    }

    @Test func `an empty pipe at the end completes at once`() {
        var rule = OutputRule(limit: 100)
        let output = rule.processEnded(unread: 0)
        #expect(text(output) == "" && rule.isDraining)
    }

    @Test func `a closed pipe completes whatever was expected`() {
        var rule = OutputRule(limit: 100)
        _ = rule.processEnded(unread: 10)
        _ = rule.read(ByteBuffer(string: "abc"))
        let output = rule.closed()
        #expect(text(output) == "abc")
    }

    @Test(arguments: [("abcd", "abcd", false), ("abcde", "abcd", true), ("", "", false)])
    func `beyond the limit bytes are dropped and flagged`(_ written: String, _ kept: String, _ isTruncated: Bool) {
        var rule = OutputRule(limit: 4)
        for byte in written.utf8 { _ = rule.read(ByteBuffer(bytes: [byte])) }
        let output = rule.closed()
        #expect(text(output) == kept && output?.isTruncated == isTruncated)
    }
}
