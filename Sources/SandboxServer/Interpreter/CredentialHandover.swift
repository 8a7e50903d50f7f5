import HelperClient
import HelperProtocol
import HelperTransport
import SandboxAPI

/// A sealed file with the credentials of one kernel, on its way to the helper. Jupyter's process passes it on unread, so
/// that no value is ever in the memory of what talks to kernels.
///
/// It is offered for as long as this value lives.
final class CredentialHandover: Sendable {
    /// By which the request for the kernel names it.
    let name: String
    private let channel: RecordChannel

    /// - Parameters:
    ///   - arguments: argv of the kernel's host.
    ///   - path: Where Jupyter takes such files.
    init(_ variables: [String: SecretBytes], arguments: [String], path: String) throws {
        let payload = try ProcessPayload(
            arguments: arguments.map { Array($0.utf8) },
            variables: variables.sorted { $0.key < $1.key }.map { name, value in
                ProcessPayload.Variable(name: Array(name.utf8), valueCount: value.count) { value.copy(to: $0) }
            }
        )
        let file = try payload.sealed()
        channel = try RecordChannel(connectingTo: path)
        name = (0..<16).map { _ in String(UInt8.random(in: 16...255), radix: 16) }.joined()
        try channel.send(Array(name.utf8), descriptors: [file.rawValue])
    }
}
