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
                return Output.write(listing.stdout + "\n")
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

    /// A command may have any number of lines, and control characters.
    static func oneLine(_ text: String) -> String {
        let line = text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : String($0) }.joined()
        return line.count > 120 ? line.prefix(119) + "…" : line
    }
}
