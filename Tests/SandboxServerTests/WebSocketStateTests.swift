import NIOCore
import NIOWebSocket
import Testing

@testable import SandboxServer

@Suite struct WebSocketStateTests {
    private func frame(
        _ opcode: WebSocketOpcode,
        _ bytes: [UInt8],
        isLast: Bool = true,
        isMasked: Bool = true
    ) -> WebSocketFrame {
        let key: WebSocketMaskingKey = [1, 2, 3, 4]
        var data = ByteBuffer(bytes: bytes)
        if isMasked { data.webSocketMask(key) }
        return WebSocketFrame(fin: isLast, opcode: opcode, maskKey: isMasked ? key : nil, data: data)
    }

    private func expect(
        _ action: WebSocketState.Action?,
        _ expected: WebSocketState.Action?,
        at location: SourceLocation = #_sourceLocation
    ) {
        #expect(action == expected, sourceLocation: location)
    }

    @Test func `fragments make one message, and a ping may stand between them`() {
        var state = WebSocketState(limit: 10)
        expect(state.received(frame(.text, [0x61, 0xC3], isLast: false)), nil)
        expect(state.received(frame(.ping, [7])), .pong(ByteBuffer(bytes: [7])))
        expect(state.received(frame(.continuation, [0xA4])), .deliver(.text("aä")))
        expect(state.received(frame(.binary, [0xFF])), .deliver(.binary(ByteBuffer(bytes: [0xFF]))))
    }

    @Test func `frames that break the rules close with 1002`() {
        let cases: [[WebSocketFrame]] = [
            [frame(.text, [0x61], isMasked: false)], [frame(.continuation, [0x61])],
            [frame(.text, [0x61], isLast: false), frame(.text, [0x61])], [frame(.connectionClose, [3])],
            [frame(.connectionClose, [0x03, 0xED])],
        ]
        for frames in cases {
            var state = WebSocketState(limit: 10)
            let actions = frames.compactMap { state.received($0) }
            let afterwards = state.received(frame(.text, [0x61]))
            #expect(actions == [.fail(.protocolError)] && !state.isOpen && afterwards == nil)
        }
    }

    @Test func `texts are UTF-8 and messages have their limit, also in pieces`() {
        var state = WebSocketState(limit: 10)
        expect(state.received(frame(.text, [0xFF])), .fail(.invalidText))
        state = WebSocketState(limit: 3)
        expect(state.received(frame(.binary, [1, 2], isLast: false)), nil)
        expect(state.received(frame(.continuation, [3, 4])), .fail(.tooLarge))
        state = WebSocketState(limit: 3)
        expect(state.received(NIOWebSocketError.invalidFrameLength), .fail(.tooLarge))
    }

    @Test func `a close is answered with its code, and ours is over with the answer`() {
        var state = WebSocketState(limit: 10)
        expect(state.received(frame(.connectionClose, [0x03, 0xE8])), .answerClose(code: 1000))
        let wasFirst = state.close()
        #expect(!wasFirst)
        state = WebSocketState(limit: 10)
        let isFirst = state.close()
        #expect(isFirst && !state.isOpen)
        expect(state.received(frame(.text, [0x61])), nil)
        expect(state.received(frame(.connectionClose, [0x03, 0xE8])), .finish)
    }

    @Test func `a caller that neither answers nor takes anything is dead at the second beat`() {
        var state = WebSocketState(limit: 10)
        let silent = [state.beat(), state.beat()]
        #expect(silent == [true, false])
        state = WebSocketState(limit: 10)
        let first = state.beat()
        _ = state.received(frame(.pong, []))
        let answered = state.beat()
        state.wasWritten()
        let rest = [state.beat(), state.beat()]
        #expect(first && answered && rest == [true, false])
    }
}
