import ArgumentParser
import SandboxClient

/// `sandboxctl code delete`
struct CodeDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Ends contexts, with everything started from them."
    )

    @OptionGroup var server: ServerOptions

    @Argument(help: "The contexts' ids.")
    var ids: [String]

    func run() async throws {
        try await server.withClient { client in
            for id in ids { try await client.deleteCodeContext(id) }
        }
    }
}
