import ArgumentParser
import Glibc
import SandboxAPI
import SandboxClient

/// `sandboxctl run`
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs a program file of yours in the sandbox.",
        discussion: """
            The file is copied into the workspace for as long as it runs, and started with the interpreter of its ending: \
            .py python3, .sh bash, .js node, .rb ruby, .pl perl. Exits as the program did.
            """
    )

    @OptionGroup var server: ServerOptions
    @OptionGroup var variables: VariableOptions
    @OptionGroup var input: InputOptions

    @Option(help: "The interpreter, in place of the ending's.")
    var interpreter: String?

    @Argument(help: "The file.", completion: .file())
    var file: String

    @Argument(parsing: .captureForPassthrough, help: "Arguments for the program.")
    var arguments: [String] = []

    private static let interpreters = ["py": "python3", "sh": "bash", "js": "node", "rb": "ruby", "pl": "perl"]

    func run() async throws {
        let name = String(file.split(separator: "/").last ?? "program")
        let ending = name.split(separator: ".").last.map(String.init) ?? ""
        guard let program = interpreter ?? Self.interpreters[ending] else {
            throw SandboxctlError(
                "The ending of '\(file)' does not tell how to run it.",
                remedy: "Name the program with --interpreter.",
                exitCode: 64
            )
        }
        let content = try LocalFile.bytes(file)
        let secrets = try variables.variables()
        let stdin = try input.input()
        try await server.withClient { client in
            // Cells see of the user's files nothing but the workspace.
            let path = ".sandboxctl-\(UInt64.random(in: 0 ... .max))/\(name)"
            let workspace = try await client.health().workspace.path
            let absolute = "\(workspace)/\(path)"
            try await client.upload(content, to: absolute)
            let command = CommandText.make([program, absolute] + arguments)
            let code: Int
            do {
                code = try await Interruption.cancelling {
                    try await Following.run(client, command, secrets: secrets, stdin: stdin)
                }
            } catch {
                await Self.remove(absolute, client)
                throw error
            }
            await Self.remove(absolute, client)
            if code != 0 { throw ExitCode(Int32(truncatingIfNeeded: code)) }
        }
    }

    private static func remove(_ path: String, _ client: SandboxClient) async {
        let directory = CommandText.quoted(String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex)))
        // Unstructured: also after an interruption, whose own task is cancelled and could send nothing any more.
        let task = Task { try await client.withoutSession.exec("rm -rf -- \(directory)") }
        _ = try? await task.value
    }
}
