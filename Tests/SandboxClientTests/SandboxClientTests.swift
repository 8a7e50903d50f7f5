import SandboxAPI
import SandboxClient
import Testing

@Suite struct SandboxClientTests {
    @Test(arguments: ["", "localhost:8080", "ftp://x"])
    func `a base URL without a web scheme is refused`(_ url: String) {
        #expect(throws: SandboxClientError.invalidURL) { _ = try SandboxClient(baseURL: url) }
    }

    @Test func `a server that is not there is told as unreachable`() async throws {
        try await SandboxClient.withClient(baseURL: "http://127.0.0.1:1") { client in
            do {
                _ = try await client.health()
                Issue.record("nobody should have answered")
            } catch SandboxClientError.unreachable {
            }
        }
    }
}
