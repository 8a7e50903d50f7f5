import SandboxClient

/// Writes a script into the sandbox, and runs it each time the file changes, with its output as it comes; twice.
@main
struct BuildWatcher {
    static func main() async throws {
        let address = CommandLine.arguments.dropFirst().first ?? SandboxClient.defaultBaseURL
        let sandbox = try SandboxClient(baseURL: address)
        var runs = 0
        try await sandbox.makeDirectory("example")
        for try await change in try await sandbox.watch("example", include: ["*.sh"], kinds: [.create, .modify]) {
            switch change {
            case .started: try await sandbox.write("echo first", to: "example/build.sh")
            case .changed:
                runs += 1
                let code = try await follow("bash example/build.sh", sandbox)
                print("exit code", code)
                if runs == 2 { return }
                try await sandbox.write("echo second; exit 3", to: "example/build.sh")
            case .missed(let reason): print(reason)
            }
        }
    }

    private static func follow(_ command: String, _ sandbox: SandboxClient) async throws -> Int {
        for try await event in try await sandbox.stream(command) {
            switch event {
            case .started: continue
            case .stdout(let text), .stderr(let text): print(text, terminator: "")
            case .finished(let exitCode, _): return exitCode
            }
        }
        return -1
    }
}
