import ArgumentParser
import SandboxClient

/// `sandboxctl session create`
struct SessionCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Makes a session and prints its id.",
        discussion: "With --env or --env-file the whole session lives in a cell, and its variables with it."
    )

    @OptionGroup var server: ServerOptions
    @OptionGroup var variables: VariableOptions

    @Option(help: "Where its shell begins; default: the workspace.")
    var cwd: String?

    @Argument(help: "Its id; made up if there is none.")
    var id: String?

    func run() async throws {
        let secrets = try variables.variables()
        try await server.withClient { client in
            let session = try await client.createSession(id, env: secrets, cwd: cwd)
            Output.line(Printable.text(session.sessionID ?? ""))
        }
    }
}
