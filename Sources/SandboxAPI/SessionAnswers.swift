/// Answer of `POST /api/session/create`.
public struct SessionCreateAnswer: Codable, Sendable {
    /// What was made. Its variables are never part of it.
    public struct Description: Codable, Sendable {
        /// The session's id.
        public var id: String
        /// Where its shell is.
        public var cwd: String
        /// The namespace it lives in.
        public var namespace: NamespaceName
        /// When it was made.
        public var createdAt: String
    }

    /// Always true.
    public var success = true
    /// The session.
    public var data: Description
    /// Always null: there is no placement here.
    public var containerPlacementId: JSONValue = .null
    /// When the answer was made.
    public var timestamp: String

    /// Makes an answer.
    public init(id: String, cwd: String, namespace: NamespaceName) {
        timestamp = Timestamp.now()
        data = Description(id: id, cwd: cwd, namespace: namespace, createdAt: timestamp)
    }
}

/// Answer of `GET /api/session/list`.
public struct SessionListAnswer: Codable, Sendable {
    /// Always true.
    public var success = true
    /// The ids.
    public var data: [String]
    /// When the answer was made.
    public var timestamp = Timestamp.now()

    /// Makes an answer.
    public init(data: [String]) { self.data = data }
}

/// Answer of `POST /api/session/delete`.
public struct SessionDeleteAnswer: Codable, Sendable {
    /// Always true.
    public var success = true
    /// The session that is gone.
    public var sessionId: String
    /// When the answer was made.
    public var timestamp = Timestamp.now()

    /// Makes an answer.
    public init(sessionId: String) { self.sessionId = sessionId }
}
