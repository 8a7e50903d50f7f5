import ArgumentParser
import SandboxAPI
import SandboxClient

/// `sandboxctl ls`
struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "ls", abstract: "Lists a directory of the sandbox.")

    @OptionGroup var server: ServerOptions

    @Flag(name: .shortAndLong, help: "With modes, sizes and times.")
    var long = false

    @Flag(name: .shortAndLong, help: "Also names that begin with a dot.")
    var all = false

    @Flag(name: .shortAndLong, help: "With everything below.")
    var recursive = false

    @Flag(help: "As JSON.")
    var json = false

    @Argument(help: "The directory; default: the session's.")
    var path = "."

    func run() async throws {
        try await server.withClient { client in
            let entries = try await client.list(path, recursive: recursive, includeHidden: all)
                .sorted { $0.relativePath < $1.relativePath }
            if json { return try Output.json(entries) }
            for entry in entries {
                let name = Printable.text(entry.relativePath) + (entry.type == .directory ? "/" : "")
                guard long else {
                    Output.line(name)
                    continue
                }
                let kind = entry.type == .directory ? "d" : entry.type == .symlink ? "l" : "-"
                let size = String(repeating: " ", count: max(0, 12 - "\(entry.size)".count)) + "\(entry.size)"
                Output.line("\(kind)\(entry.mode) \(size) \(entry.modifiedAt.prefix(19)) \(name)")
            }
        }
    }
}
