import ArgumentParser
import SandboxClient

/// `sandboxctl code create`
struct CodeCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Makes a context, a kernel that keeps its state, and prints its id.",
        discussion: "With --env or --env-file the context is a cell of its own, and its variables are there alone."
    )

    @OptionGroup var server: ServerOptions
    @OptionGroup var variables: VariableOptions

    @Option(name: .shortAndLong, help: "python, bash, javascript or typescript.")
    var language = CodeLanguage.python.rawValue

    @Option(help: "Where its code begins; default: the workspace.")
    var cwd: String?

    func run() async throws {
        let secrets = try variables.variables()
        try await server.withClient { client in
            let context = try await client.createCodeContext(CodeLanguage(rawValue: language), env: secrets, cwd: cwd)
            Output.line(Printable.text(context.id))
        }
    }
}
