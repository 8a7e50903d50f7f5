import ArgumentParser
import SandboxClient

/// `sandboxctl session list`
struct SessionList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists the sessions' ids.")

    @OptionGroup var server: ServerOptions

    func run() async throws {
        try await server.withClient { client in
            for id in try await client.sessions() { Output.line(Printable.text(id)) }
        }
    }
}
