import FoundationEssentials
import SandboxAPI
import Testing

@Suite struct SecretBytesTests {
    @Test func `no way of printing a request shows a value`() throws {
        let text = #"{"command":"echo","env":{"KEY":"canary"}}"#
        let request = try JSONDecoder().decode(ExecuteRequest.self, from: Data(text.utf8))
        var dumped = ""
        dump(request, to: &dumped)
        dump(request.env, to: &dumped)
        for shown in ["\(request)", String(reflecting: request), "\(request.env)", dumped] {
            #expect(!shown.contains("canary"))
        }
    }

    @Test func `timestamps have milliseconds and Z`() {
        #expect(Timestamp.text(Date(timeIntervalSince1970: 1.5)) == "1970-01-01T00:00:01.500Z")
    }
}
