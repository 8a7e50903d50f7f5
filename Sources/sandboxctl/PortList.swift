import ArgumentParser
import SandboxAPI
import SandboxClient

/// `sandboxctl port list`
struct PortList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the ports that the proxy leads to."
    )

    @OptionGroup var server: ServerOptions

    func run() async throws {
        try await server.withClient { client in
            let ports = try await client.exposedPorts()
            Output.table(["PORT", "STATUS", "NAME"], ports.map { ["\($0.port)", $0.status, $0.name ?? "-"] })
        }
    }
}
