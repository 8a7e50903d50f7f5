import ArgumentParser
import SandboxAPI
import SandboxClient

/// `sandboxctl watch`
struct Watch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tells what changes below a path of the workspace, one line a change.",
        discussion: "Ends with Ctrl-C, after --count changes, or when what is watched is gone."
    )

    @OptionGroup var server: ServerOptions

    @Option(help: ArgumentHelp("Only what this glob matches; may be given many times.", valueName: "glob"))
    var include: [String] = []

    @Option(help: "Ends after so many changes.")
    var count: Int?

    @Argument(help: "A directory or a file; default: the session's directory.")
    var path = "."

    func run() async throws {
        try await server.withClient { client in
            var seen = 0
            let changes = try await client.watch(path, include: include.isEmpty ? nil : include)
            for try await change in changes {
                switch change {
                case .started: Output.error("watching")
                case .changed(let kind, let path, let isDirectory):
                    Output.line("\(kind.rawValue) \(Printable.text(path))\(isDirectory ? "/" : "")")
                    seen += 1
                    if seen == count { return }
                case .missed(let reason): Output.error("sandboxctl: \(Printable.text(reason))")
                }
            }
        }
    }
}
