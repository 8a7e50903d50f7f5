import Testing

@testable import SandboxServer

@Suite struct EventParserTests {
    @Test(arguments: [1, 2, 7, 1000])
    func `events come out whole, whatever the pieces`(_ size: Int) throws {
        let stream = Array(
            ": ping\n\ndata: {\"a\":\"ä\"}\n\nevent: x\r\ndata:1\ndata: 2\r\n\r\nid: 3\n\ndata: last".utf8
        )
        var parser = EventParser(limit: 100)
        var events: [EventParser.Event] = []
        for start in stride(from: 0, to: stream.count, by: size) {
            events += try parser.append(stream[start..<min(start + size, stream.count)])
        }
        #expect(events == [.init(name: nil, data: "{\"a\":\"ä\"}"), .init(name: "x", data: "1\n2")])
    }

    @Test func `an event has its limit`() {
        let parser = EventParser(limit: 20)
        #expect(throws: EventParser.TooLarge.self) {
            var parser = parser
            _ = try parser.append("data: 0123456789\ndata: 0123456789\n".utf8)
        }
    }

    @Test(arguments: [
        (#"{"id":"1","body":{"a":[1.50,"]}\"",{}]},"z":1}"#, #"{"a":[1.50,"]}\"",{}]}"#), (#"{"body":12}"#, "12"),
        (#"{ "x":{"body":1}, "body" : "a\"b" }"#, #""a\"b""#), (#"{"body":null,"q":2}"#, "null"),
        (#"{"body":1,"body":[2]}"#, "[2]"),
    ])
    func `the body is found as it is`(_ text: String, _ body: String) {
        let found = JSONMember.value("body", in: Array(text.utf8)[...])
        #expect(found.map { String(decoding: $0, as: UTF8.self) } == body)
    }

    @Test(arguments: ["[]", "{}", #"{"x":{"body":1}}"#, #"{"x":"body"}"#, ""])
    func `no body is no body`(_ text: String) {
        #expect(JSONMember.value("body", in: Array(text.utf8)[...]) == nil)
    }
}
