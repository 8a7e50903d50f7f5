import FoundationEssentials
import SandboxAPI
import Testing

@testable import SandboxClient

@Suite struct CodeEventTests {
    private func step(_ json: String) throws -> EventSequence<CodeEvent>.Step {
        try CodeEvent.step(Data(json.utf8))
    }

    @Test func `a value has every form that came, and pictures are bytes`() throws {
        let line = """
            {"type":"result","metadata":{"image/png":{"width":4}},"text":"<Figure>","html":"<b>x</b>","markdown":"*x*",
            "latex":"$x$","svg":"<svg/>","png":"iVBO\\nRw==\\n","jpeg":"/9g=","javascript":"x()","json":{"a":[1,0.5,null]},
            "chart":{"mark":"bar"},"chartType":"application/vnd.vegalite.v5+json"}
            """
        guard case .event(.output(let output)) = try step(line) else {
            Issue.record("no output")
            return
        }
        #expect(output.text == "<Figure>" && output.html == "<b>x</b>" && output.markdown == "*x*")
        #expect(output.latex == "$x$" && output.svg == "<svg/>" && output.javascript == "x()")
        #expect(output.png == [0x89, 0x50, 0x4E, 0x47] && output.jpeg == [0xFF, 0xD8])
        #expect(output.json == ["a": [.integer(1), .number(0.5), .null]])
        #expect(output.chart == ["mark": .string("bar")])
        #expect(output.chartType == "application/vnd.vegalite.v5+json")
        #expect(output.metadata == ["image/png": ["width": .integer(4)]])
    }

    @Test func `what code sends in the wrong shape is left out`() throws {
        guard case .event(.output(let output)) = try step(#"{"type":"result","text":["a"],"png":7,"svg":null}"#) else {
            Issue.record("no output")
            return
        }
        #expect(output.text == nil && output.png == nil && output.svg == nil && output.metadata == [:])
        guard case .skip = try step(#"{"type":"news"}"#) else {
            Issue.record("it was not skipped")
            return
        }
        for wrong in ["", "[]", "{}", #"{"type":1}"#] {
            #expect(throws: SandboxClientError.streamBroken("An event is not understood.")) { try step(wrong) }
        }
    }

    @Test func `the last event tells the end or the failure`() throws {
        guard
            case .last(.completed(executionCount: 7, isTruncated: true)) = try step(
                #"{"type":"execution_complete","execution_count":7,"truncated":true}"#
            ),
            case .last(.failed(let failure)) = try step(
                #"{"type":"error","ename":"ValueError","evalue":"no","traceback":["one",2,"three"]}"#
            )
        else {
            Issue.record("not the last events")
            return
        }
        #expect(failure == CodeFailure(name: "ValueError", message: "no", traceback: ["one", "three"]))
        #expect(failure.description == "ValueError: no")
    }
}
