import Glibc
import HelperClient
import HelperProtocol
import HelperTransport

/// Commands over the helper's own socket: what the isolation costs, without HTTP.
struct HelperExec {
    private let client: HelperClient
    private let workspace: [UInt8]

    init(_ socket: String) async throws {
        client = try HelperClient(connectingTo: socket)
        workspace = Array(try await client.hello().workspace.utf8)
    }

    /// Runs a command to its end.
    func run(_ shell: String, in namespace: SandboxNamespace) async throws {
        let output = try Pipe()
        let errors = try Pipe()
        let process = try await client.spawn(
            SpawnRequest(namespace: namespace, executable: Array(shell.utf8), workingDirectory: workspace),
            payload: try ProcessPayload(arguments: [shell, "-c", "true"].map { Array($0.utf8) }),
            streams: StandardStreams(
                input: OwnedDescriptor(adopting: open("/dev/null", O_RDONLY | O_CLOEXEC)),
                output: output.takeWriter(),
                error: errors.takeWriter()
            )
        )
        output.drain()
        errors.drain()
        guard try await process.exitStatus.cause == .exited(0) else { throw Failure("the command failed") }
    }

    /// How long the helper took to make its three namespaces.
    func setupMicroseconds() async throws -> UInt64 {
        try await client.status().namespaceSetupMicroseconds
    }
}
