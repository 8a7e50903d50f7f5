import NIOCore
import Testing

@testable import SandboxServer

@Suite struct OutputFlowTests {
    private func text(_ bytes: ByteBuffer?) -> String? { bytes.map { String(buffer: $0) } }

    @Test func `what is unread at the end is waited for, and no byte more`() {
        var flow = OutputFlow()
        var outputs = [text(flow.read(ByteBuffer(string: "ab")))]
        flow.processEnded(unread: 3)
        outputs.append(text(flow.read(ByteBuffer(string: "c"))))
        let isEarly = flow.isOver
        outputs.append(text(flow.read(ByteBuffer(string: "deSURVIVOR"))))
        outputs.append(text(flow.read(ByteBuffer(string: "more"))))
        #expect(outputs == ["ab", "c", "de", nil] && !isEarly && flow.isOver)
    }

    @Test func `an empty pipe at the end completes at once`() {
        var flow = OutputFlow()
        flow.processEnded(unread: 0)
        #expect(flow.isOver)
    }

    @Test func `a closed pipe completes whatever was expected`() {
        var flow = OutputFlow()
        flow.processEnded(unread: 10)
        let bytes = flow.read(ByteBuffer(string: "abc"))
        let isEarly = flow.isOver
        flow.closed()
        #expect(text(bytes) == "abc" && !isEarly && flow.isOver)
    }
}
