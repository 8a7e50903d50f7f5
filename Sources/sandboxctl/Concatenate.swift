import ArgumentParser
import Glibc
import SandboxClient

/// `sandboxctl cat`
struct Concatenate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cat",
        abstract: "Writes files of the sandbox to standard output, byte for byte."
    )

    @OptionGroup var server: ServerOptions

    @Argument(help: "The files.")
    var paths: [String]

    func run() async throws {
        try await server.withClient { client in
            for path in paths {
                for try await piece in try await client.download(path) { Output.write(piece, to: STDOUT_FILENO) }
            }
        }
    }
}
