import ArgumentParser
import Glibc
import SandboxAPI
import SandboxClient

/// What a command reads on its standard input: this program's own.
struct InputOptions: ParsableArguments {
    @Flag(
        name: [.customShort("i"), .long],
        inversion: .prefixedNo,
        help: "Passes standard input on, to its end; default: if it is a pipe or a file."
    )
    var stdin: Bool?

    /// Bytes of the largest input that the server takes.
    static let limit = 16_777_216
    /// Milliseconds of silence after which a person is told what is waited for.
    private static let patience: Int32 = 2000

    /// Reads all of it. nil if it is not to be passed on, or empty, which comes to the same.
    ///
    /// - Parameter byDefault: Whether a pipe or a file is passed on without being asked for.
    func input(byDefault: Bool = true) throws(SandboxctlError) -> StandardInput? {
        guard stdin ?? (byDefault && Self.isPipeOrFile) else { return nil }
        var waiting = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        if stdin == nil, poll(&waiting, 1, Self.patience) == 0 {
            Output.error("sandboxctl: waiting for the end of standard input; --no-stdin leaves it alone.")
        }
        var pieces: [SecretBytes] = []
        var count = 0
        while let piece = try Self.piece() {
            pieces.append(piece)
            count += piece.count
            guard count <= Self.limit else {
                throw SandboxctlError(
                    "Standard input has more than \(Self.limit) bytes.",
                    remedy: "Store it with 'sandboxctl write PATH', and let the command read that file.",
                    exitCode: 65
                )
            }
        }
        return count == 0 ? nil : .secret(Self.joined(pieces, count))
    }

    /// As it is read, so that no piece is ever copied without being overwritten; nil at the end.
    private static func piece() throws(SandboxctlError) -> SecretBytes? {
        var code: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: LocalFile.pieceBytes) { buffer, count in
            var received: Int
            repeat {
                received = read(STDIN_FILENO, buffer.baseAddress, buffer.count)
            } while received < 0 && LocalFile.mayTryAgain(STDIN_FILENO, errno)
            if received < 0 { code = errno }
            count = max(received, 0)
        }
        guard code == 0 else { throw .local("standard input", code) }
        return bytes.isEmpty ? nil : SecretBytes(bytes)
    }

    private static func joined(_ pieces: [SecretBytes], _ total: Int) -> SecretBytes {
        SecretBytes(
            [UInt8](unsafeUninitializedCapacity: total) { buffer, count in
                for piece in pieces {
                    piece.copy(
                        to: UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[count...]))
                    )
                    count += piece.count
                }
            }
        )
    }

    /// Not a terminal, which a person types at, and no socket, as services have it, whose end may never come.
    private static var isPipeOrFile: Bool {
        var status = Glibc.stat()
        guard fstat(STDIN_FILENO, &status) == 0 else { return false }
        return [S_IFIFO, S_IFREG].contains(status.st_mode & S_IFMT)
    }
}
