import SandboxAPI
import Testing

@testable import SandboxClient

@Suite struct SandboxClientTests {
    @Test(arguments: [
        "", "localhost:8080", "ftp://x", "http://", "http://user@host", "http://h?q", "http://h:0", "http://h:x",
    ])
    func `a base URL that is none is refused`(_ url: String) {
        #expect(throws: SandboxClientError.invalidURL) { _ = try SandboxClient(baseURL: url) }
    }

    @Test(arguments: [
        ("http://localhost:8080", "localhost", 8080, "http://localhost:8080"),
        ("HTTPS://box.example/", "box.example", 443, "https://box.example"),
        ("http://[::1]:81/behind/a/proxy/", "::1", 81, "http://[::1]:81/behind/a/proxy"),
        ("http://[::1]", "::1", 80, "http://[::1]"),
    ])
    func `an address is taken apart`(_ text: String, _ host: String, _ port: Int, _ whole: String) throws {
        let url = try #require(ServerURL(text))
        #expect(url.host == host && url.port == port && url.text == whole)
    }

    @Test func `a server that is not there is told as unreachable`() async throws {
        let client = try SandboxClient(baseURL: "http://127.0.0.1:1")
        do {
            _ = try await client.health()
            Issue.record("nobody should have answered")
        } catch SandboxClientError.unreachable {
        }
    }

    @Test func `nothing of a path is left for the server to misread`() {
        #expect(PercentEncoding.encode("a/b c&d=ü%\0") == "a%2Fb%20c%26d%3D%C3%BC%25%00")
    }

    @Test func `lines are put together from pieces, and the rest is one too`() {
        var splitter = LineSplitter()
        #expect(splitter.add("a\nb") == ["a"])
        #expect(splitter.add("c\r\n\nd") == ["bc", ""])
        #expect(splitter.rest == ["d"])
    }

    @Test func `a waiting that takes too long is given up`() async {
        await #expect(throws: SandboxClientError.timeout) {
            try await Deadline.within(.milliseconds(10)) { () async throws(SandboxClientError) -> Int in
                try? await Task.sleep(for: .seconds(50))
                return 1
            }
        }
    }
}
