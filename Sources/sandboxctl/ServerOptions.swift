import ArgumentParser
import Glibc
import SandboxAPI
import SandboxClient

/// Which server, and which session there.
struct ServerOptions: ParsableArguments {
    @Option(name: .long, help: "The server; default: SANDBOX_URL, else http://localhost:8080.")
    var url: String?

    @Option(name: .long, help: "The file with the access token; default: SANDBOX_TOKEN_FILE.")
    var tokenFile: String?

    @Option(
        name: .shortAndLong,
        help: "The session whose shell and directory are used; default: the server's default one."
    )
    var session: String?

    /// The server.
    var address: String { url ?? Environment.value("SANDBOX_URL") ?? SandboxClient.defaultBaseURL }

    /// The file with the access token, if there is one.
    var tokenPath: String? { tokenFile ?? Environment.value("SANDBOX_TOKEN_FILE") }

    /// - Throws: ``SandboxctlError`` if the token cannot be read or the URL is none.
    func client() throws(SandboxctlError) -> SandboxClient {
        let token = try tokenPath.map { path throws(SandboxctlError) in
            SecretBytes(try LocalFile.token(path))
        }
        do {
            let client = try SandboxClient(baseURL: address, accessToken: token)
            return session.map(client.inSession) ?? client
        } catch {
            throw SandboxctlError(
                "'\(address)' is no address of a server.",
                remedy: "It must look like http://localhost:8080.",
                exitCode: 64
            )
        }
    }

    /// The client, and what goes wrong with it in words.
    func withClient<Value>(
        _ body: (SandboxClient) async throws -> Value
    ) async throws -> Value {
        let client = try client()
        do {
            return try await body(client)
        } catch let error as SandboxClientError {
            throw SandboxctlError(error, url: address)
        }
    }
}
