import ArgumentParser
import SandboxAPI

/// `sandboxctl port`
struct Port: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows programs that listen in the sandbox to the outside.",
        subcommands: [PortList.self, PortExpose.self, PortUnexpose.self, PortWait.self],
        defaultSubcommand: PortList.self
    )
}
