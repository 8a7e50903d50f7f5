import ArgumentParser
import SandboxAPI
import SandboxClient

/// `sandboxctl port unexpose`
struct PortUnexpose: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unexpose",
        abstract: "Closes the proxy's way to a port."
    )

    @OptionGroup var server: ServerOptions

    @Argument(help: "The TCP port.")
    var port: Int

    func run() async throws {
        try await server.withClient { try await $0.unexposePort(port) }
    }
}
