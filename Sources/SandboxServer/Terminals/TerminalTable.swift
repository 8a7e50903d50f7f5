import HelperClient
import HelperProtocol
import NIOCore
import SandboxAPI

/// The terminals there are, one for each session that has asked for one. A terminal lives until its shell ends, also
/// while no socket shows it.
actor TerminalTable {
    /// Finds the place of a session's terminal.
    typealias Place = @Sendable (_ sessionId: String) async throws -> TerminalPlace

    private enum Entry {
        case starting(OneShot<Result<Terminal, any Error>>)
        case running(Terminal)
    }

    /// At once.
    static let limit = 64

    private let helper: HelperClient
    private let configuration: ServerConfiguration
    private let eventLoopGroup: any EventLoopGroup
    private let place: Place
    private var entries: [String: Entry] = [:]

    init(
        helper: HelperClient,
        configuration: ServerConfiguration,
        eventLoopGroup: any EventLoopGroup,
        place: @escaping Place
    ) {
        self.helper = helper
        self.configuration = configuration
        self.eventLoopGroup = eventLoopGroup
        self.place = place
    }

    /// The sessions that have one, sorted.
    var ids: [String] { entries.keys.sorted() }

    /// The session's terminal; started if it has none. Size and shell count only then.
    func terminal(_ request: TerminalRequest) async throws -> Terminal {
        switch entries[request.sessionId] {
        case .running(let terminal): return terminal
        case .starting(let result): return try await result.wait().get()
        case nil: break
        }
        guard entries.count < Self.limit else {
            throw APIError(.containerUnavailable, "More than \(Self.limit) terminals are open.")
        }
        let result = OneShot<Result<Terminal, any Error>>()
        entries[request.sessionId] = .starting(result)
        do {
            let terminal = try await start(request)
            if case .starting(let current) = entries[request.sessionId], current === result {
                entries[request.sessionId] = .running(terminal)
            } else {
                // Closed while it was being started.
                try await terminal.terminate()
            }
            // Outlives the socket that asked for it, as the terminal does; ends with the shell.
            Task {
                await terminal.run()
                forget(request.sessionId, terminal)
            }
            result.set(.success(terminal))
            return terminal
        } catch {
            if case .starting(let current) = entries[request.sessionId], current === result {
                entries[request.sessionId] = nil
            }
            result.set(.failure(error))
            throw error
        }
    }

    /// Ends the session's terminal, if it has one; a socket that comes now gets a new one.
    /// - Returns: Whether it had one.
    @discardableResult
    func close(_ sessionId: String) async -> Bool {
        guard let entry = entries.removeValue(forKey: sessionId) else { return false }
        // Fails only when the helper is gone, and the terminal with it.
        if case .running(let terminal) = entry { try? await terminal.terminate() }
        return true
    }

    /// Ends all terminals.
    func closeAll() async {
        for sessionId in entries.keys { await close(sessionId) }
    }

    private func forget(_ sessionId: String, _ terminal: Terminal) {
        guard case .running(let current) = entries[sessionId], current === terminal else { return }
        entries[sessionId] = nil
    }

    private func start(_ request: TerminalRequest) async throws -> Terminal {
        let place = try await place(request.sessionId)
        let shell = request.shell ?? configuration.shell
        let type = (name: "TERM", value: SecretBytes(Array("xterm-256color".utf8)))
        let own = [type] + place.variables.filter { $0.name != "TERM" }
        let payload: ProcessPayload
        do throws(SpawnPayload.Problem) {
            payload = try ProcessPayload(
                arguments: [Array(shell.utf8)],
                variables: own.map { variable in
                    ProcessPayload.Variable(name: Array(variable.name.utf8), valueCount: variable.value.count) {
                        variable.value.copy(to: $0)
                    }
                }
            )
        } catch {
            throw HelperClientError.payload(error)
        }
        let process = try await helper.spawn(
            SpawnRequest(
                namespace: place.namespace == .secure ? .secure : .user,
                executable: Array(shell.utf8),
                workingDirectory: Array(place.directory.utf8),
                streams: .terminal(request.size)
            ),
            payload: payload
        )
        return try await Terminal.adopt(process, on: eventLoopGroup)
    }
}
