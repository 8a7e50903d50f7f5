import ArgumentParser
import SandboxAPI
import SandboxClient

/// `sandboxctl port wait`
struct PortWait: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait",
        abstract: "Waits until something listens on a port; exit code 124 when the time is up."
    )

    @OptionGroup var server: ServerOptions

    @Option(help: ArgumentHelp("For how long.", valueName: "seconds"))
    var timeout: Double?

    @Argument(help: "The TCP port.")
    var port: Int

    func validate() throws { try TimeLimit.check(timeout) }

    func run() async throws {
        try await server.withClient { try await $0.waitForPort(port, timeout: timeout.map { .seconds($0) }) }
    }
}
