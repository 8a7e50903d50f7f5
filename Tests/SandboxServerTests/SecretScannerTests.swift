import FoundationEssentials
import SandboxAPI
import Testing

@testable import SandboxServer

/// Secrets are taken out of a body before a decoder sees it.
@Suite struct SecretScannerTests {
    private func separate(_ text: String, _ paths: [[String]] = [["env", "*"]]) throws -> String {
        let result = try Array(text.utf8).withUnsafeBufferPointer { try SecretScanner.separate($0, paths: paths) }
        return String(decoding: result.text, as: UTF8.self)
    }

    private func decode<Value: SecretCarrying>(_ type: Value.Type, _ text: String) throws -> Value {
        let (rest, vault) = try Array(text.utf8).withUnsafeBufferPointer {
            try SecretScanner.separate($0, paths: type.secretPaths)
        }
        let decoder = JSONDecoder()
        decoder.userInfo[SecretVault.userInfoKey] = vault
        return try decoder.decode(type, from: Data(rest))
    }

    private func text(_ secret: SecretBytes?) -> String? {
        secret.map { $0.withBytes { String(decoding: $0, as: UTF8.self) } }
    }

    @Test func `the decoder sees numbers where the secrets stood, and everything else as it was`() throws {
        let body =
            #"{ "command": "echo \"env\"", "env": {"A": "one", "B": null, "C" :"" , "D": 4}, "x": {"env": {"A": "no"}} }"#
        let rest =
            #"{ "command": "echo \"env\"", "env": {"A": "0", "B": null, "C" :"1" , "D": 4}, "x": {"env": {"A": "no"}} }"#
        #expect(try separate(body) == rest)
    }

    @Test func `paths lead through arrays and are no longer or shorter than they say`() throws {
        let body = #"{"parts":[{"url":"a","n":"b"},{"url":"c","deep":{"url":"d"}}],"url":"e","parts2":[{"url":"f"}]}"#
        let rest = #"{"parts":[{"url":"0","n":"b"},{"url":"1","deep":{"url":"d"}}],"url":"e","parts2":[{"url":"f"}]}"#
        #expect(try separate(body, [["parts", "*", "url"]]) == rest)
        #expect(try separate(#"["a",{"repoUrl":"b"}]"#, [["repoUrl"]]) == #"["a",{"repoUrl":"b"}]"#)
        #expect(try separate(#"{"repoUrl":["b"]}"#, [["repoUrl"]]) == #"{"repoUrl":["b"]}"#)
    }

    @Test func `a name that is spelled with escapes is the same name`() throws {
        #expect(try separate(#"{"\u0065n\u0076":{"A":"x"}}"#) == #"{"\u0065n\u0076":{"A":"0"}}"#)
    }

    @Test func `values arrive as a decoder would have read them`() throws {
        let request = try decode(
            ExecuteRequest.self,
            #"{"command":"c","env":{"A":"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é😀","B":null,"C":""}}"#
        )
        #expect(text(request.env["A"]) == "a\"\\/\u{8}\u{C}\n\r\té😀é😀")
        #expect(request.env.count == 2 && request.env["C"]?.count == 0)
    }

    @Test(arguments: [
        #"{"env":{"A":"\x"}}"#, #"{"env":{"A":"\ud800"}}"#, #"{"env":{"A":"\ud800\u0041"}}"#,
        #"{"env":{"A":"\udc00"}}"#,
        #"{"env":{"A":"\u00g0"}}"#, "{\"env\":{\"A\":\"\n\"}}", #"{"env":{"A":"open"#, #"{"env":{"A":"\"#, "{\"env\":{",
        "}",
        ",", #"{"env":{"A":"\u12"}}"#,
    ])
    func `what is no JSON is refused`(_ body: String) {
        #expect(throws: SecretScanner.Malformed.self) { try separate(body) }
    }

    @Test func `invalid UTF-8 and too deep nesting are refused`() {
        let invalid = Array(#"{"env":{"A":""#.utf8) + [0xC3, 0x28] + Array(#""}}"#.utf8)
        #expect(throws: SecretScanner.Malformed.self) {
            try invalid.withUnsafeBufferPointer { _ = try SecretScanner.separate($0, paths: [["env", "*"]]) }
        }
        #expect(throws: SecretScanner.Malformed.self) { try separate(String(repeating: "[", count: 513)) }
    }

    /// What scanner and decoder read differently must not become somebody's value.
    @Test func `a number that stands for no secret of its own is refused`() throws {
        let decoder = JSONDecoder()
        let (_, vault) = try Array("{}".utf8).withUnsafeBufferPointer {
            try SecretScanner.separate($0, paths: ExecuteRequest.secretPaths)
        }
        decoder.userInfo[SecretVault.userInfoKey] = vault
        for value in ["0", "-1", "x", ""] {
            #expect(throws: DecodingError.self) {
                try decoder.decode(ExecuteRequest.self, from: Data(#"{"command":"c","env":{"A":"\#(value)"}}"#.utf8))
            }
        }
    }

    /// Every type of a body that has a field of the type SecretBytes says where it is.
    @Test func `every body's secrets are found`() throws {
        let process = try decode(ProcessStartRequest.self, #"{"command":"c","env":{"A":"1x"}}"#)
        #expect(text(process.execute.env["A"]) == "1x")
        let session = try decode(SessionCreateRequest.self, #"{"env":{"A":"2x"}}"#)
        #expect(text(session.env["A"]) == "2x")
        let checkout = try decode(GitCheckoutRequest.self, #"{"repoUrl":"3x"}"#)
        #expect(text(checkout.repoUrl) == "3x")
        let upload = try decode(
            BackupUploadRequest.self,
            #"{"archivePath":"a","parts":[{"partNumber":1,"url":"4x","offset":0,"size":1}]}"#
        )
        #expect(text(upload.parts[0].url) == "4x")
    }
}
