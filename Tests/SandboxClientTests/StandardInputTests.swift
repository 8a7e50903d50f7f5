import FoundationEssentials
import SandboxAPI
import Testing

@testable import SandboxClient

@Suite struct StandardInputTests {
    @Test func `bytes of any length come out as they went in`() throws {
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
            let request = ExecuteRequest(command: "cat", stdin: SecretBytes(bytes))
            let decoded = try JSONDecoder().decode(ExecuteRequest.self, from: JSONEncoder().encode(request))
            var copy = [UInt8](repeating: 0, count: decoded.stdin?.count ?? -1)
            copy.withUnsafeMutableBytes { decoded.stdin?.copy(to: $0) }
            #expect(copy == bytes)
        }
    }

    @Test func `nothing of an input is printed but its size`() {
        let input = StandardInput.text("s3cret")
        let request = ExecuteRequest(command: "cat", stdin: SecretBytes(Array("s3cret".utf8)))
        for value in [input, request] as [Any] {
            var dumped = ""
            dump(value, to: &dumped)
            for text in ["\(value)", String(reflecting: value), dumped] {
                #expect(!text.contains("s3cret") && text.contains("6 bytes"))
            }
        }
    }
}
