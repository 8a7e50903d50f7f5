import ArgumentParser
import SandboxAPI
import SandboxClient

/// `sandboxctl exec`
struct Exec: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs a command and exits as it did.",
        discussion: """
            One word is a command line for the sandbox's shell; several words are one command with its arguments. -- comes \
            before a command that begins with a dash. With --env or --env-file the command runs in a cell of its own. Ctrl-C \
            ends the command and everything it started; so does output that nobody takes any more.

            With --session it runs in the session's own shell, where what it changes stays, and its output comes at its end. \
            Else output comes as it is written, and the command runs in a copy of the default session's shell.

            The command reads what is piped or redirected into sandboxctl, all of it at once and 16 MiB at most; --no-stdin \
            keeps it for others, such as the loop that this stands in.
            """
    )

    @OptionGroup var server: ServerOptions
    @OptionGroup var variables: VariableOptions
    @OptionGroup var input: InputOptions

    @Option(help: "The working directory; default: the session's.")
    var cwd: String?

    @Flag(help: "Runs it in a cell even without --env: for input that is a credential.")
    var secure = false

    @Option(
        help: ArgumentHelp(
            "What a command with --env has of the workspace: all of it (rw), read-only (ro), or an empty directory (none).",
            valueName: "access"
        )
    )
    var workspace: WorkspaceAccessName?

    @Option(help: ArgumentHelp("Ends the command after this time, with exit code 124.", valueName: "seconds"))
    var timeout: Double?

    @Flag(name: .long, help: "Runs it on its own: it neither waits for a session's commands nor changes the session.")
    var alone = false

    @Flag(name: .shortAndLong, help: "Starts it as a background process, and prints the process's id.")
    var detach = false

    @Option(help: ArgumentHelp("Names the background process.", valueName: "id"))
    var id: String?

    @Argument(parsing: .captureForPassthrough, help: "The command.")
    var command: [String]

    func validate() throws {
        // Before the first word it is not the command's.
        if ["--help", "-h"].contains(command.first) { throw CleanExit.helpRequest(self) }
        if let word = command.first, word.hasPrefix("-"), word != "-", word != "--" {
            throw ValidationError("Unknown option '\(word)'. Before a command that begins with a dash comes --.")
        }
        guard command.contains(where: { $0 != "--" }) else { throw ValidationError("There is no command to run.") }
        guard detach || id == nil else { throw ValidationError("--id names a background process: add --detach.") }
        try TimeLimit.check(timeout)
    }

    func run() async throws {
        let words = command.first == "--" ? Array(command.dropFirst()) : command
        let text = CommandText.make(words)
        let secrets = try variables.variables()
        let cwd = cwd
        let limit = timeout.map { Duration.seconds($0) }
        let stdin = try input.input(byDefault: !detach)
        let code = try await server.withClient { client in
            let place = alone ? client.withoutSession : client
            let cell = secure ? place.inCells : place
            let client = workspace.map { cell.withWorkspace($0) } ?? cell
            if detach {
                let process = try await client.start(
                    text,
                    id: id,
                    secrets: secrets,
                    cwd: cwd,
                    timeout: limit,
                    stdin: stdin
                )
                Output.line(Printable.text(process.id))
                return 0
            }
            if server.session != nil, !alone {
                return try await Interruption.cancelling {
                    try await Following.run(
                        inShellOf: client,
                        text,
                        secrets: secrets,
                        cwd: cwd,
                        timeout: limit,
                        stdin: stdin
                    )
                }
            }
            return try await Interruption.cancelling {
                try await Following.run(client, text, secrets: secrets, cwd: cwd, timeout: limit, stdin: stdin)
            }
        }
        if code != 0 { throw ExitCode(Int32(truncatingIfNeeded: code)) }
    }
}
