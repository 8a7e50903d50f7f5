import ArgumentParser
import SandboxClient

/// `sandboxctl cp`
struct Copy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cp",
        abstract: "Copies files and directories into the sandbox and out of it.",
        discussion: """
            A path that begins with a colon lies in the sandbox:

              sandboxctl cp data.csv :input/          into a directory
              sandboxctl cp project :/workspace/      a directory, with everything in it
              sandboxctl cp :results.json .           out of it

            Links, and what is neither file nor directory, are left out and named. A file that cannot be copied, such as one \
            whose name is no UTF-8, is left out and named too, and the exit code is 125 when the others are there.

            Modes and times are not kept, the executable bit among them: 'sandboxctl exec chmod +x FILE' sets it.
            """
    )

    @OptionGroup var server: ServerOptions

    @Flag(name: .shortAndLong, help: "Shows nothing while it copies.")
    var quiet = false

    @Argument(help: "What to copy.")
    var source: Place

    @Argument(help: "The new name, or an existing directory.")
    var destination: Place

    func run() async throws {
        try await server.withClient { client in
            let progress = Progress(isShown: !quiet)
            let leftOut = LeftOut()
            switch (source, destination) {
            case (.local(let source), .sandbox(let destination)):
                try await Upload(client: client, progress: progress, leftOut: leftOut).copy(source, to: destination)
            case (.sandbox(let source), .local(let destination)):
                try await Download(client: client, progress: progress, leftOut: leftOut).copy(source, to: destination)
            default:
                throw SandboxctlError(
                    "Exactly one of the two must lie in the sandbox.",
                    remedy: "Put a colon before its path: 'sandboxctl cp file :file'.",
                    exitCode: 64
                )
            }
            try leftOut.check()
        }
    }
}
