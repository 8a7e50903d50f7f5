import ArgumentParser
import SandboxClient

/// `sandboxctl reset`
struct Reset: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ends all background processes and all sessions.",
        discussion: """
            Files stay. What was left running by commands without a session survives it: 'sandboxctl helper reset', on the \
            machine of the pair, ends that too.
            """
    )

    @OptionGroup var server: ServerOptions

    func run() async throws {
        try await server.withClient { client in
            let processes = try await client.killAllProcesses()
            let sessions = try await client.sessions()
            for id in sessions {
                do {
                    try await client.deleteSession(id)
                } catch {
                    // One that ended by itself in the meantime is gone as well.
                    guard try await client.sessions().contains(id) == false else { throw error }
                }
            }
            Output.line("ended: \(processes) processes, \(sessions.count) sessions")
        }
    }
}
