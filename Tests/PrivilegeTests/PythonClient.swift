import SandboxTestSupport

/// A script beside the client that was written from the protocol's page alone.
struct PythonClient {
    private let arguments: [String]

    /// Path of `helper_client.py`.
    static let path = directory + "/helper_client.py"

    private static let directory = "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/") + "/Python"

    /// A script that knows everything of `helper_client`; its first argument is the pair's socket.
    init(_ pair: Pair, script: String) throws {
        arguments = [
            "python3", "-c",
            "import sys; sys.path.insert(0, '\(Self.directory)')\nfrom helper_client import *\n" + script,
            pair.socketPath,
        ]
    }

    /// Runs it to its end and returns what it wrote.
    func run() async throws -> String {
        var environment = ChildProcess.environment
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        let (end, output, errors) = try await ChildProcess.run(arguments, environment: environment)
        guard end == .exited(0) else { throw TestFailure("the script ended with \(end): \(errors)") }
        return output
    }
}
