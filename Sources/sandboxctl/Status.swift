import ArgumentParser
import SandboxAPI
import SandboxClient

/// `sandboxctl status`
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows the mode that is running, the guarantees that hold, and what runs.",
        discussion: "Exits with 1 where no command can be run."
    )

    @OptionGroup var server: ServerOptions

    @Flag(help: "As JSON.")
    var json = false

    func run() async throws {
        let health = try await server.withClient { try await $0.health() }
        if json { try Output.json(health) } else { Self.show(health) }
        guard health.status == "healthy" else { throw ExitCode.failure }
    }

    static func show(_ health: HealthResponse) {
        let colour = health.isolation == "full" ? Output.Style.green : .yellow
        Output.line(
            "mode       \(Output.styled(Printable.text(health.mode ?? "none can be had"), colour))  (isolation: \(Printable.text(health.isolation)))"
        )
        Output.line(Printable.text("server     \(health.version), helper \(health.helperVersion)"))
        if let uptime = health.uptimeMs {
            Output.line("up         \(uptime / 1000) s, server restarts: \(health.serverRestarts ?? 0)")
        }
        Output.line(Printable.text("workspace  \(health.workspace.path) (\(health.workspace.sharing))"))
        if let warning = health.warning { Output.line(Output.styled(Printable.text(warning), .yellow)) }
        Output.line("")
        Output.table(
            ["GUARANTEE", "", "STATE"],
            health.guarantees.map { guarantee in
                [guarantee.id, guarantee.name, guarantee.held ? "held" : "not held: \(guarantee.reason ?? "")"]
            }
        )
        if !health.namespaces.isEmpty {
            Output.line("")
            Output.table(
                ["NAMESPACE", "GENERATION", "ALIVE", "RUNNING"],
                health.namespaces.map { [$0.name, "\($0.generation)", $0.alive ? "yes" : "no", "\($0.running)"] }
            )
        }
        guard !health.limits.isEmpty else { return }
        Output.line("")
        Output.table(
            ["LIMIT", "OF", "VALUE", "BY"],
            health.limits.map { [$0.name, $0.namespace, "\($0.value)", $0.source] }
        )
    }
}
