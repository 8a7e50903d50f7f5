import ArgumentParser
import Glibc
import SandboxClient

/// `sandboxctl shell`
struct ShellCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shell",
        abstract: "Opens the session's terminal.",
        discussion: """
            All who open the terminal of a session share it. It lives on when you leave with Ctrl-] and q, until its shell \
            exits or the session is deleted.
            """
    )

    @OptionGroup var server: ServerOptions

    @Option(help: "The shell, where the terminal is new: an absolute path, bash, sh, zsh or fish.")
    var shell: String?

    func run() async throws {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else {
            throw SandboxctlError(
                "Standard input and output are no terminal.",
                remedy: "Use 'sandboxctl exec' in scripts.",
                exitCode: 64
            )
        }
        let code = try await server.withClient { client in
            let size = LocalTerminal.size()
            return try await client.withTerminal(columns: size.columns, rows: size.rows, shell: shell) {
                terminal,
                screen in
                let local = LocalTerminal()
                defer { local.restore() }
                // Another size than the terminal was made with, if it was there before.
                try await terminal.resize(columns: size.columns, rows: size.rows)
                return try await Interruption.cancelling(
                    onWindowChange: {
                        let size = LocalTerminal.size()
                        try? await terminal.resize(columns: size.columns, rows: size.rows)
                    },
                    { try await Self.serve(terminal, screen) }
                )
            }
        }
        if code != 0 { throw ExitCode(Int32(truncatingIfNeeded: code)) }
    }

    /// Passes on both directions until the shell is over or the caller leaves.
    private static func serve(_ terminal: Terminal, _ screen: TerminalScreen) async throws -> Int {
        try await withThrowingTaskGroup(of: Int?.self) { group in
            group.addTask {
                for try await event in screen {
                    switch event {
                    case .bytes(let bytes): Output.write(bytes, to: STDOUT_FILENO)
                    case .ready: continue
                    case .exited(let code): return code
                    }
                }
                return 0
            }
            group.addTask {
                var leaving = LeavingKeys()
                for await bytes in KeyboardInput.bytes() {
                    let isLeaving = leaving.add(bytes)
                    if isLeaving { return 0 }
                    try await terminal.write(bytes)
                }
                // The input's end is no reason to leave: the shell may have something to say.
                return nil
            }
            defer { group.cancelAll() }
            for try await code in group { if let code { return code } }
            return 0
        }
    }
}
