import ArgumentParser
import HelperClient
import HelperProtocol

/// `sandboxctl helper status`
struct HelperStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows the helper's namespaces and all commands that run, with their ages."
    )

    @OptionGroup var helper: HelperOptions

    func run() async throws {
        let status = try await helper.withHelper { try await $0.status() }
        Output.line("up \(status.uptimeMilliseconds / 1000) s, server restarts: \(status.serverRestarts)")
        Output.line("")
        Output.table(
            ["NAMESPACE", "GENERATION", "ALIVE", "RUNNING"],
            status.namespaces.map { row in
                [row.namespace.name, "\(row.generation)", row.isAlive ? "yes" : "no", "\(row.running)"]
            }
        )
        Output.line("")
        Output.table(
            ["HANDLE", "NAMESPACE", "PID", "AGE"],
            status.processes.map { row in
                [
                    "\(row.handle.slot).\(row.handle.generation)", row.namespace.name, "\(row.pid)",
                    "\(row.ageMilliseconds / 1000) s",
                ]
            }
        )
    }
}
