import ArgumentParser
import SandboxClient

/// `sandboxctl code list`
struct CodeList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists the contexts.")

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let contexts = try await server.withClient { try await $0.codeContexts() }
        Output.table(
            ["ID", "LANGUAGE", "DIRECTORY"],
            contexts.map { [$0.id, $0.language.rawValue, $0.workingDirectory] }
        )
    }
}
