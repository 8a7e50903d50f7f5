/// Answer of `POST /api/contexts`.
public struct ContextCreateResponse: Codable, Sendable {
    /// Always true.
    public var success = true
    /// The context's id.
    public var contextId: String
    /// The language of its code.
    public var language: String
    /// Where its code began.
    public var cwd: String
    /// The running mode, where the context has variables and the mode does not protect them fully.
    public var isolation: String?
    /// When the answer was made.
    public var timestamp: String

    /// Makes an answer.
    public init(contextId: String, language: String, cwd: String, isolation: String? = nil) {
        self.contextId = contextId
        self.language = language
        self.cwd = cwd
        self.isolation = isolation
        timestamp = Timestamp.now()
    }
}

/// Answer of `GET /api/contexts`.
public struct ContextListResponse: Codable, Sendable {
    /// One context.
    public struct Row: Codable, Sendable, Hashable {
        /// Its id.
        public var id: String
        /// The language of its code.
        public var language: String
        /// Where its code began.
        public var cwd: String

        /// Makes a row.
        public init(id: String, language: String, cwd: String) {
            self.id = id
            self.language = language
            self.cwd = cwd
        }
    }

    /// Always true.
    public var success = true
    /// All contexts there are.
    public var contexts: [Row]
    /// When the answer was made.
    public var timestamp: String

    /// Makes an answer.
    public init(contexts: [Row]) {
        self.contexts = contexts
        timestamp = Timestamp.now()
    }
}

/// Answer of `DELETE /api/contexts/{id}`.
public struct ContextDeleteResponse: Codable, Sendable {
    /// Always true.
    public var success = true
    /// The id that means nothing any more.
    public var contextId: String
    /// When the answer was made.
    public var timestamp: String

    /// Makes an answer.
    public init(contextId: String) {
        self.contextId = contextId
        timestamp = Timestamp.now()
    }
}

/// Answer of `GET /api/interpreter/health`.
public struct InterpreterHealthResponse: Codable, Sendable {
    /// Whether code can be run now.
    public var success: Bool
    /// `healthy` or `unhealthy`.
    public var status: String
    /// `ready`, `starting`, `failing` or `off`.
    public var interpreter: String
    /// When the answer was made.
    public var timestamp: String

    /// Makes an answer.
    public init(interpreter: String) {
        success = interpreter == "ready"
        status = success ? "healthy" : "unhealthy"
        self.interpreter = interpreter
        timestamp = Timestamp.now()
    }
}
