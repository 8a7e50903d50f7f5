import FoundationEssentials
import HelperClient
import SandboxAPI

/// The sessions by id. A session is made on first use, once, however many ask for it at the same time.
actor SessionTable {
    /// What sessionless commands give in the place of an id.
    static let sessionless = "__DISABLE_SESSION__"
    /// The session of requests that name none.
    static let defaultID = "default"

    private typealias Pending = OneShot<Result<Session, any Error>>

    private let starter: SessionStarter
    private let limit: Int
    private var sessions: [String: Session] = [:]
    private var starting: [String: Pending] = [:]
    /// What ended sessions of cells were made with. Who asks for one again gets a cell with the same variables: made
    /// anew in `user`, what its callers take for a place of their own would be everybody's. Until they are deleted.
    private var ended: [String: SessionSettings] = [:]

    init(starter: SessionStarter, limit: Int) {
        self.starter = starter
        self.limit = limit
    }

    /// Their ids, sorted, with those of ended ones that are remembered: they count, and can be deleted.
    var ids: [String] { Set(sessions.keys).union(ended.keys).sorted() }

    /// The session, if there is one whose shell lives.
    func existing(_ id: String) -> Session? {
        sessions[id].flatMap { $0.shellEnded.value == nil ? $0 : nil }
    }

    /// The session of that name, made if there is none.
    ///
    /// - Throws: `SESSION_TERMINATED`, once, for a session whose shell has ended in the meantime.
    func session(_ id: String, _ settings: @autoclosure () -> SessionSettings) async throws -> Session {
        if let session = sessions[id] {
            guard let status = session.shellEnded.value else { return session }
            await evict(session)
            // Without the helper nothing runs here any more, which is another error than a killed session.
            if status == nil { _ = try await starter.helper.status() }
            throw APIError.sessionTerminated(id, status: status)
        }
        if let pending = starting[id] { return try await pending.wait().get() }
        return try await start(id, ended[id] ?? settings())
    }

    /// Makes a session.
    ///
    /// - Throws: `SESSION_ALREADY_EXISTS` if there is one of that name whose shell lives.
    func create(_ id: String, _ settings: SessionSettings) async throws -> Session {
        if let session = sessions[id] {
            guard session.shellEnded.value != nil else { throw APIError.sessionExists(id) }
            await evict(session)
        }
        guard starting[id] == nil else { throw APIError.sessionExists(id) }
        return try await start(id, settings)
    }

    private func start(_ id: String, _ settings: SessionSettings) async throws -> Session {
        guard Set(sessions.keys).union(starting.keys).union(ended.keys).subtracting([id]).count < limit else {
            throw APIError(
                .resourceBusy,
                "There are \(limit) sessions already; delete one first.",
                context: ["sessionId": .string(id)]
            )
        }
        let pending = Pending()
        starting[id] = pending
        do {
            let session = try await starter.start(id, settings)
            starting[id] = nil
            sessions[id] = session
            ended[id] = nil
            pending.set(.success(session))
            return session
        } catch {
            starting[id] = nil
            pending.set(.failure(error))
            throw error
        }
    }

    /// Forgets a session whose shell has ended, unless another has taken its name.
    func evict(_ session: Session) async {
        if sessions[session.id] === session {
            sessions[session.id] = nil
            if session.namespace == .secure { ended[session.id] = session.settings }
        }
        await session.endIfOver()
    }

    /// Takes a session out of the table, and what is remembered of one that has ended.
    ///
    /// - Returns: Whether there was one, and the one that lives.
    func remove(_ id: String) -> (wasThere: Bool, session: Session?) {
        let wasRemembered = ended.removeValue(forKey: id) != nil
        let session = sessions.removeValue(forKey: id)
        return (wasRemembered || session != nil, session)
    }
}

extension APIError {
    static func sessionExists(_ id: String) -> APIError {
        APIError(
            .sessionAlreadyExists,
            "A session of this name exists already.",
            context: ["sessionId": .string(id), "containerPlacementId": .null]
        )
    }

    /// - Parameter status: The shell's; nil if nobody knows it.
    static func sessionTerminated(_ id: String, status: Int?) -> APIError {
        let end = status.map { "The session's shell exited (exit code: \($0))." } ?? "The session's shell was killed."
        return APIError(
            .sessionTerminated,
            end + " The next command gets a new one.",
            context: ["sessionId": .string(id), "exitCode": status.map { .integer($0) } ?? .null]
        )
    }
}
