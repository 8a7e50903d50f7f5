import ArgumentParser
import SandboxAPI
import SandboxClient

/// `sandboxctl port expose`
struct PortExpose: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "expose",
        abstract: "Lets the proxy lead to a port, and prints the address."
    )

    @OptionGroup var server: ServerOptions

    @Option(help: "A name for people.")
    var name: String?

    @Argument(help: "The TCP port.")
    var port: Int

    func run() async throws {
        try await server.withClient { Output.line(Printable.text(try await $0.exposePort(port, name: name))) }
    }
}
