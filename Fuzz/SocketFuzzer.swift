import FoundationEssentials
import SandboxAPI

/// A text that a client sends over a WebSocket: a frame of `/ws` with a body of any shape, or a control text of a terminal.
@c(LLVMFuzzerTestOneInput)
public func fuzzSocket(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let text = Array(UnsafeBufferPointer(start: start, count: count))
    let value = JSONMember.value("body", in: text[...])
    if let value { precondition(value.startIndex >= 0 && value.endIndex <= text.count, "a body from elsewhere") }
    _ = try? JSONDecoder().decode(TerminalControl.self, from: Data(text))
    guard (try? JSONDecoder().decode(MultiplexedRequest.self, from: Data(text))) != nil else { return 0 }
    // A name spelled with escapes, or twice, may mean another member to the decoder; marks of the byte order and other
    // encodings are not looked for.
    guard !text.contains(UInt8(ascii: "\\")), !text.contains(0), text.first == UInt8(ascii: "{"),
        text.occurrences(of: "\"body\"") == 1,
        let whole = try? JSONDecoder().decode(Frame.self, from: Data(text)), let body = whole.body
    else { return 0 }
    guard let value, let part = try? JSONDecoder().decode(JSONValue.self, from: Data(value)) else {
        preconditionFailure("a body that the decoder finds was not found")
    }
    precondition(part == body, "another body than the decoder's")
    return 0
}

private struct Frame: Decodable {
    var body: JSONValue?
}

extension [UInt8] {
    fileprivate func occurrences(of text: String) -> Int {
        indices.count { self[$0...].starts(with: text.utf8) }
    }
}
