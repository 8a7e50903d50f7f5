import ArgumentParser
import Glibc
import SandboxClient

/// `sandboxctl code run`
struct CodeRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Runs code, and shows what it writes and what its last line is worth.",
        discussion: """
            Without --context the code has a kernel for just this call. With --env or --env-file it gets one in a cell. \
            Exits with 1 if the code fails. Ctrl-C interrupts the code; its context lives on.
            """
    )

    @OptionGroup var server: ServerOptions
    @OptionGroup var variables: VariableOptions

    @Option(name: .shortAndLong, help: ArgumentHelp("The context whose state is used and kept.", valueName: "id"))
    var context: String?

    @Option(name: .shortAndLong, help: "python, bash, javascript or typescript; default: the context's, else python.")
    var language: String?

    @Option(help: "The working directory; default: the workspace.")
    var cwd: String?

    @Option(help: ArgumentHelp("Interrupts the code after this time.", valueName: "seconds"))
    var timeout: Double?

    @Option(
        help: ArgumentHelp(
            "Stores pictures and charts in this directory, as output-1.png and so on.",
            valueName: "directory"
        ),
        completion: .directory
    )
    var save: String?

    @Argument(help: "The code; default: standard input.")
    var code: String?

    func validate() throws { try TimeLimit.check(timeout) }

    func run() async throws {
        let secrets = try variables.variables()
        let code =
            try code
            ?? String(decoding: LocalFile.read(STDIN_FILENO, "standard input", limit: 1 << 25), as: UTF8.self)
        let (context, language, cwd) = (context, language, cwd)
        let limit = timeout.map { Duration.seconds($0) }
        let display = CodeDisplay(directory: save)
        let isSuccess = try await server.withClient { client in
            try await Interruption.cancelling {
                let events = try await client.runCode(
                    code,
                    in: context,
                    language: language.map(CodeLanguage.init),
                    secrets: secrets,
                    cwd: cwd,
                    timeout: limit
                )
                return try await display.show(events)
            }
        }
        if !isSuccess { throw ExitCode.failure }
    }
}
