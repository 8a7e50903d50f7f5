import SandboxClient

/// Runs a command, a command with a credential, one that reads its input, and a web server, in the sandbox at http://localhost:8080.
@main
struct FirstSteps {
    static func main() async throws {
        let address = CommandLine.arguments.dropFirst().first ?? SandboxClient.defaultBaseURL
        let sandbox = try SandboxClient(baseURL: address)

        let plain = try await sandbox.exec("echo hello from $(uname -s)")
        print(plain.stdout, "in", plain.namespace)

        let secret = try await sandbox.exec("echo the token has ${#TOKEN} characters", env: ["TOKEN": "s3cret"])
        print(secret.stdout, "in", secret.namespace)

        let sorted = try await sandbox.exec("sort | xargs", stdin: "b\na\nc\n")
        print("3 lines, sorted:", sorted.stdout)

        let server = try await sandbox.start("exec python3 -m http.server 8500")
        try await server.waitForPort(8500, .http(), timeout: .seconds(30))
        print("a web server listens as process", server.id)
        try await server.kill()
    }
}
