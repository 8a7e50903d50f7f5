import HelperTransport
import NIOCore
import SandboxAPI

/// The server's end of a command's standard input while it is written.
///
/// Piece by piece, as the command reads: of the input, which may be a credential, only one piece ever exists twice. A
/// command that ends, or closes its input, before it has read everything ends the writing, and that is no error.
struct InputPipe: Sendable {
    /// Bytes on their way at once: what a pipe holds by default. pipe(7)
    private static let pieceBytes = 65_536

    private let channel: any Channel

    /// Begins to write, and closes the pipe when all is written or nobody reads any more.
    init(
        writing input: SecretBytes,
        to descriptor: consuming OwnedDescriptor,
        on group: any EventLoopGroup
    )
        async throws
    {
        channel = try await DescriptorChannel.open(output: descriptor, on: group) { $0 }
        Self.write(input, from: 0, to: channel)
    }

    /// The command is over: what it left unread is of no use to what it left running.
    func close() {
        channel.close(promise: nil)
    }

    private static func write(_ input: SecretBytes, from start: Int, to channel: any Channel) {
        guard start < input.count else { return channel.close(promise: nil) }
        let end = min(start + pieceBytes, input.count)
        let piece = input.withBytes { channel.allocator.buffer(bytes: UnsafeBufferPointer(rebasing: $0[start..<end])) }
        channel.writeAndFlush(piece).whenComplete { result in
            switch result {
            case .success: write(input, from: end, to: channel)
            case .failure: channel.close(promise: nil)
            }
        }
    }
}
