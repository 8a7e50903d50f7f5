import ArgumentParser
import SandboxClient

/// `sandboxctl session delete`
struct SessionDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Ends sessions, with everything started from them."
    )

    @OptionGroup var server: ServerOptions

    @Argument(help: "The sessions' ids.")
    var ids: [String]

    func run() async throws {
        try await server.withClient { client in
            for id in ids { try await client.deleteSession(id) }
        }
    }
}
