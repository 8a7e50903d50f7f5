import ArgumentParser
import SandboxClient

/// `sandboxctl kill`
struct Kill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ends background processes and everything they started.",
        discussion: "SIGTERM, five seconds, SIGKILL; returns when they are gone."
    )

    @OptionGroup var server: ServerOptions

    @Flag(help: "All that run.")
    var all = false

    @Argument(help: "The processes' ids.")
    var ids: [String] = []

    func validate() throws {
        guard all == ids.isEmpty else {
            throw ValidationError("Name the processes' ids, or --all, but not both.")
        }
    }

    func run() async throws {
        try await server.withClient { client in
            if all { return Output.line("\(try await client.killAllProcesses()) ended") }
            for id in ids { try await client.process(id).kill() }
        }
    }
}
