import ArgumentParser
import Glibc
import SandboxAPI
import SandboxClient

/// `sandboxctl doctor`
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tells what is wrong with a sandbox, or why none can be made here.",
        discussion: """
            Asks the server first. On the machine of the pair it also tries, as root, every step of the isolation with \
            'ns-helper --probe', and names the first one that fails with what to change for Docker, Kubernetes and Podman.
            """
    )

    @OptionGroup var server: ServerOptions

    @Option(help: "The helper's program; default: beside this one, else from PATH.")
    var program: String?

    func run() async throws {
        var isWell = true
        do {
            let health = try await server.withClient { try await $0.health() }
            let missing = health.guarantees.filter { !$0.held }
            isWell = health.status == "healthy" && health.probeFailure == nil
            report(
                health.status == "healthy",
                "the server answers: mode \(health.mode ?? "none"), isolation \(health.isolation)"
            )
            for guarantee in missing {
                let reason = guarantee.reason ?? "not held"
                detail("\(guarantee.id) \(guarantee.name): \(reason)")
            }
            if let failure = health.probeFailure {
                report(false, "the step '\(failure.step)' failed: \(failure.error)")
                detail("remedy: \(failure.remedy)")
            }
        } catch let error as SandboxctlError {
            isWell = false
            report(false, error.message)
            if let remedy = error.remedy { detail("remedy: \(remedy)") }
        }
        if let program = program ?? LocalProgram.find("ns-helper") {
            if geteuid() == 0 {
                let (code, text) = try Self.output(program, ["--probe"])
                report(code == 0, "\(program) --probe")
                for line in text.split(separator: "\n") { detail(line) }
                isWell = isWell && code == 0
            } else {
                Output.line("skip   \(program) --probe: needs root")
            }
        } else {
            Output.line("skip   ns-helper --probe: the program is not on this machine")
        }
        if !isWell { throw ExitCode.failure }
    }

    private func report(_ isWell: Bool, _ text: String) {
        Output.line(
            (isWell ? Output.styled("ok", .green) + "     " : Output.styled("wrong", .red) + "  ")
                + Printable.text(text)
        )
    }

    private func detail(_ text: some StringProtocol) { Output.line("       " + Printable.text(text)) }

    /// Runs a program to its end. posix_spawn(3)
    private static func output(_ program: String, _ arguments: [String]) throws(SandboxctlError) -> (Int, String) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw .local(program, errno) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO)
        posix_spawn_file_actions_addclose(&actions, ends[0])
        posix_spawn_file_actions_addclose(&actions, ends[1])
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var pid = pid_t()
        let code = posix_spawn(&pid, program, &actions, nil, &words, environ)
        close(ends[1])
        defer { close(ends[0]) }
        guard code == 0 else { throw .local(program, code) }
        let text = try LocalFile.read(ends[0], program, limit: 1 << 20)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        return (status & 0x7F == 0 ? Int(status >> 8 & 0xFF) : 128, String(decoding: text, as: UTF8.self))
    }
}
