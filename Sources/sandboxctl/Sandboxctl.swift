import ArgumentParser

/// The command line of a sandbox, for people and scripts.
@main
struct Sandboxctl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandboxctl",
        abstract: "Runs commands, files and terminals in a sandbox.",
        discussion: """
            The server is that of --url, else of SANDBOX_URL, else http://localhost:8080. Where it wants an access token, \
            --token-file or SANDBOX_TOKEN_FILE names the file that holds it.
            """,
        subcommands: [],
        groupedSubcommands: [
            CommandGroup(name: "Commands:", subcommands: [Exec.self, Run.self, Code.self, ShellCommand.self]),
            CommandGroup(
                name: "Processes and sessions:",
                subcommands: [Processes.self, Logs.self, Kill.self, SessionCommand.self]
            ),
            CommandGroup(
                name: "Files:",
                subcommands: [Copy.self, List.self, Concatenate.self, Write.self, Watch.self]
            ),
            CommandGroup(name: "Network:", subcommands: [Port.self]),
            CommandGroup(
                name: "The sandbox itself:",
                subcommands: [Status.self, Reset.self, Doctor.self, Attack.self, Helper.self]
            ),
        ]
    )

    static func main() async {
        Interruption.prepare()
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let error as SandboxctlError {
            Output.error("sandboxctl: \(Printable.text(error.message))")
            if let remedy = error.remedy { Output.error("  \(Printable.text(remedy))") }
            exit(withError: ExitCode(error.exitCode))
        } catch let failure as OutputFailure {
            failure.exit()
        } catch {
            exit(withError: error)
        }
    }
}
