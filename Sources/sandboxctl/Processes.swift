import ArgumentParser
import SandboxAPI
import SandboxClient

/// `sandboxctl ps`
struct Processes: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ps",
        abstract: "Lists background processes.",
        discussion: "With --tree: everything that runs in the user namespace, whoever started it, as a tree."
    )

    @OptionGroup var server: ServerOptions

    @Flag(name: .shortAndLong, help: "Those that are over too.")
    var all = false

    @Flag(help: "All processes of the user namespace, as ps(1) shows them.")
    var tree = false

    @Flag(help: "As JSON.")
    var json = false

    func run() async throws {
        try await server.withClient { client in
            if tree {
                let listing = try await client.withoutSession.exec("ps -e --forest -o pid,ppid,stat,etime,rss,args")
                for line in listing.stdout.split(separator: "\n") { Output.line(Printable.text(line)) }
                return
            }
            let processes = try await client.processes().filter { all || $0.endTime == nil }
            if json { return try Output.json(processes) }
            Output.table(
                ["ID", "PID", "STATUS", "STARTED", "COMMAND"],
                processes.map { process in
                    let code = process.exitCode.map { " (\($0))" } ?? ""
                    return [
                        process.id, process.pid.map(String.init) ?? "-", process.status + code,
                        String(process.startTime.prefix(19)), Self.oneLine(process.command),
                    ]
                }
            )
        }
    }

    /// A command may have any number of lines.
    private static func oneLine(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        return line.count > 120 ? line.prefix(119) + "…" : line
    }
}
