/// Answer of `GET /health`: what is running, and what of the promised guarantees really holds.
public struct HealthResponse: Codable, Sendable {
    /// One of the guarantees of the architecture page.
    public struct Guarantee: Codable, Sendable, Hashable {
        /// `G1` to `G10`.
        public var id: String
        /// The guarantee in two words.
        public var name: String
        /// Whether it holds in the mode that is running.
        public var held: Bool
        /// Why it does not.
        public var reason: String?

        /// Makes a row.
        public init(id: String, name: String, held: Bool, reason: String? = nil) {
            self.id = id
            self.name = name
            self.held = held
            self.reason = reason
        }
    }

    /// The first step that failed when the helper tried whether isolation works here.
    public struct ProbeFailure: Codable, Sendable, Hashable {
        /// The step's name.
        public var step: String
        /// The kernel's error number, errno(3).
        public var errno: Int
        /// The kernel's error in words.
        public var error: String
        /// What to change.
        public var remedy: String

        /// Makes a description.
        public init(step: String, errno: Int, error: String, remedy: String) {
            self.step = step
            self.errno = errno
            self.error = error
            self.remedy = remedy
        }
    }

    /// The directory that all commands share.
    public struct Workspace: Codable, Sendable, Hashable {
        /// Its absolute path.
        public var path: String
        /// How commands with credentials write to it: `idmapped`, `group` or `same-owner`.
        public var sharing: String

        /// Makes a description.
        public init(path: String, sharing: String) {
            self.path = path
            self.sharing = sharing
        }
    }

    /// One namespace.
    public struct Namespace: Codable, Sendable, Hashable {
        /// `control`, `user` or `secure`.
        public var name: String
        /// Rises each time the namespace is made anew.
        public var generation: Int
        /// Whether its init lives.
        public var alive: Bool
        /// Number of commands running in it.
        public var running: Int

        /// Makes a row.
        public init(name: String, generation: Int, alive: Bool, running: Int) {
            self.name = name
            self.generation = generation
            self.alive = alive
            self.running = running
        }
    }

    /// One limit on what code in the sandbox, or a caller, may use up.
    public struct Limit: Codable, Sendable, Hashable {
        /// What is limited.
        public var name: String
        /// `user`, `secure`, or `control` for what the server itself limits.
        public var namespace: String
        /// A number of things, of bytes where the name says so or is `memory`, of milliseconds where the name says so.
        public var value: Int
        /// What enforces it: `controlGroup`, `resourceLimit`, `mount`, `priority`, `helper`, `server`; `container` for
        /// what only the container or the machine limits.
        public var source: String

        /// Makes a row.
        public init(name: String, namespace: String, value: Int, source: String) {
            self.name = name
            self.namespace = namespace
            self.value = value
            self.source = source
        }
    }

    /// `healthy`, or `unavailable` when no command can be run.
    public var status: String
    /// The running mode; absent when the demanded one cannot be had.
    public var mode: String?
    /// `full`, `partial` (mode `users`), `none`, or `unavailable`.
    public var isolation: String
    /// All ten, in order.
    public var guarantees: [Guarantee]
    /// Why a stronger mode could not be had.
    public var probeFailure: ProbeFailure?
    /// What is weaker than it should be: isolation is off, or credentials are taken that the mode cannot protect fully.
    public var warning: String?
    /// The shared directory.
    public var workspace: Workspace
    /// The three namespaces, in mode `users` user and secure; empty in mode `none`, and when the helper does not answer.
    public var namespaces: [Namespace]
    /// Every limit, with what enforces it.
    public var limits: [Limit]
    /// The code interpreter: `ready`, `starting`, `failing`, or `off` where the image has none.
    public var interpreter: String?
    /// The server's version.
    public var version: String
    /// The helper's version.
    public var helperVersion: String
    /// Milliseconds since the helper started.
    public var uptimeMs: Int?
    /// Microseconds that making the namespaces took.
    public var namespaceSetupUs: Int?
    /// How often the server has been restarted.
    public var serverRestarts: Int?
    /// When the answer was made.
    public var timestamp: String

    /// Makes an answer.
    public init(
        status: String,
        mode: String?,
        isolation: String,
        guarantees: [Guarantee],
        probeFailure: ProbeFailure?,
        warning: String?,
        workspace: Workspace,
        namespaces: [Namespace],
        limits: [Limit],
        interpreter: String? = nil,
        version: String,
        helperVersion: String,
        uptimeMs: Int?,
        namespaceSetupUs: Int?,
        serverRestarts: Int?
    ) {
        self.status = status
        self.mode = mode
        self.isolation = isolation
        self.guarantees = guarantees
        self.probeFailure = probeFailure
        self.warning = warning
        self.workspace = workspace
        self.namespaces = namespaces
        self.limits = limits
        self.interpreter = interpreter
        self.version = version
        self.helperVersion = helperVersion
        self.uptimeMs = uptimeMs
        self.namespaceSetupUs = namespaceSetupUs
        self.serverRestarts = serverRestarts
        timestamp = Timestamp.now()
    }
}
