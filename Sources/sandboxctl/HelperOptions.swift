import ArgumentParser
import Glibc
import HelperClient

/// Where the helper listens.
struct HelperOptions: ParsableArguments {
    @Option(help: "The helper's socket.", completion: .file())
    var socket = "/run/ns-helper/helper.sock"

    /// Connects, introduces this program, and closes the connection after `body`.
    func withHelper<Value>(_ body: (HelperClient) async throws -> Value) async throws -> Value {
        do {
            let client = try HelperClient(connectingTo: socket)
            defer { client.close() }
            _ = try await client.hello()
            return try await body(client)
        } catch let error as HelperClientError {
            throw SandboxctlError(
                "\(socket): \(error)",
                remedy: geteuid() == 0
                    ? "Is the pair running on this machine? --socket names another place."
                    : "Only root and the server may connect: try again with sudo.",
                exitCode: geteuid() == 0 ? 69 : 77
            )
        }
    }
}
