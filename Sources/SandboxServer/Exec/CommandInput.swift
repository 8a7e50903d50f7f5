import HelperClient
import HelperTransport
import NIOCore
import SandboxAPI

/// A command's standard input before the command runs: a pipe if there is something to read.
struct CommandInput: ~Copyable {
    private let bytes: SecretBytes?
    private var pipe: Pipe?

    init(_ bytes: SecretBytes?) throws(HelperClientError) {
        self.bytes = bytes
        if bytes != nil { pipe = try Pipe(.input) }
    }

    /// Moves the end out that the command reads from; nil if it has nothing to read. Once.
    mutating func takeReadEnd() -> OwnedDescriptor? { pipe?.takeReadEnd() }

    /// Begins to write, when the command has been started.
    mutating func feed(on group: any EventLoopGroup) async throws -> InputPipe? {
        guard let bytes, let end = pipe?.takeWriteEnd() else { return nil }
        return try await InputPipe(writing: bytes, to: end, on: group)
    }
}
