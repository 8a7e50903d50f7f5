import Glibc
import SandboxAPI
import SandboxClient

/// A command whose output goes to where the program's own output goes.
enum Following {
    /// Returns the command's exit code.
    static func run(
        _ client: SandboxClient,
        _ command: String,
        secrets: [String: SecretBytes] = [:],
        cwd: String? = nil,
        timeout: Duration? = nil,
        stdin: StandardInput? = nil
    ) async throws -> Int {
        let events = try await client.stream(command, secrets: secrets, cwd: cwd, timeout: timeout, stdin: stdin)
        for try await event in events {
            switch event {
            case .started: continue
            case .stdout(let text): Output.write(Array(text.utf8), to: STDOUT_FILENO)
            case .stderr(let text): Output.write(Array(text.utf8), to: STDERR_FILENO)
            case .finished(let exitCode, _): return exitCode
            }
        }
        return 1
    }

    /// Runs a command in the shell of the client's session itself, and shows its output at its end.
    static func run(
        inShellOf client: SandboxClient,
        _ command: String,
        secrets: [String: SecretBytes],
        cwd: String?,
        timeout: Duration?,
        stdin: StandardInput?
    ) async throws -> Int {
        do throws(SandboxClientError) {
            let result = try await client.exec(
                command,
                secrets: secrets,
                cwd: cwd,
                timeout: timeout,
                stdin: stdin
            )
            // Their last line ends are not part of the answer.
            if !result.stdout.isEmpty { Output.line(result.stdout) }
            if !result.stderr.isEmpty { Output.error(result.stderr) }
            if result.isTruncated { Output.error("sandboxctl: there was more output than the server keeps.") }
            return result.exitCode
        } catch {
            guard case .server(let body) = error, body.context["timeoutMs"] != nil else { throw error }
            return 124
        }
    }
}
