import ArgumentParser
import Glibc
import SandboxClient

/// `sandboxctl logs`
struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows the output of a background process.",
        discussion: "With --follow it shows what comes, too, and exits as the process did; Ctrl-C leaves it running."
    )

    @OptionGroup var server: ServerOptions

    @Flag(name: .shortAndLong, help: "Goes on until the process is over.")
    var follow = false

    @Argument(help: "The process's id.")
    var id: String

    func run() async throws {
        try await server.withClient { client in
            let process = client.process(id)
            guard follow else {
                let logs = try await process.logs()
                Output.write(Array(logs.stdout.utf8), to: STDOUT_FILENO)
                return Output.write(Array(logs.stderr.utf8), to: STDERR_FILENO)
            }
            for try await event in try await process.events() {
                switch event {
                case .stdout(let text): Output.write(Array(text.utf8), to: STDOUT_FILENO)
                case .stderr(let text): Output.write(Array(text.utf8), to: STDERR_FILENO)
                case .exited(let code):
                    if code != 0 { throw ExitCode(Int32(truncatingIfNeeded: code)) }
                }
            }
        }
    }
}
