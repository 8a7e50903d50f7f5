import ArgumentParser
import SandboxClient

/// `sandboxctl write`
struct Write: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stores standard input as a file of the sandbox.",
        discussion: "The file is there when all of it has arrived; an upload that breaks off changes nothing."
    )

    @OptionGroup var server: ServerOptions

    @Argument(help: "The file.")
    var path: String

    func run() async throws {
        try await server.withClient { try await $0.upload(FilePieces(path: "/dev/stdin"), to: path) }
    }
}
