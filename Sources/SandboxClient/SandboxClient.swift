public import SandboxAPI

/// Talks to the HTTP API of a sandbox.
///
/// ```swift
/// import SandboxClient
///
/// let sandbox = try SandboxClient()
/// let result = try await sandbox.exec("uname -a")
/// print(result.stdout)
/// ```
///
/// A client belongs to one session of the sandbox, at first the default one: commands of a session share a shell, with its
/// working directory, variables and functions, and run one at a time. ``inSession(_:)`` and ``withoutSession`` give clients
/// of the same server that use another session, or none.
///
/// Clients may be copied and used from any number of tasks; copies share their connections. Errors are
/// ``SandboxClientError``. Requests that change nothing are repeated when a connection breaks, and others only after an
/// answer by which the server says that it has done nothing yet.
public struct SandboxClient: Sendable {
    /// Where a server listens by default.
    public static let defaultBaseURL = "http://localhost:8080"

    /// What stands for no session on the wire.
    private static let sessionless = "__DISABLE_SESSION__"

    let transport: Transport
    /// The session of this client's calls; nil for the default one.
    public let sessionID: String?
    /// What this client's commands have of the workspace; nil for all of it.
    public let workspace: WorkspaceAccessName?
    /// Whether this client's commands run in cells even without variables.
    public let isInCells: Bool

    /// Makes a client.
    ///
    /// - Parameters:
    ///   - baseURL: The server, such as `http://localhost:8080`.
    ///   - accessToken: What the server wants in `X-Sandbox-Token`, if it wants any.
    public init(
        baseURL: String = SandboxClient.defaultBaseURL,
        accessToken: SecretBytes? = nil
    )
        throws(SandboxClientError)
    {
        guard let url = ServerURL(baseURL) else { throw .invalidURL }
        self.init(Transport(baseURL: url.text, accessToken: accessToken, connections: Connections()), nil)
    }

    private init(
        _ transport: Transport,
        _ sessionID: String?,
        _ workspace: WorkspaceAccessName? = nil,
        isInCells: Bool = false
    ) {
        self.transport = transport
        self.sessionID = sessionID
        self.workspace = workspace
        self.isInCells = isInCells
    }

    /// A client of the same server whose calls belong to another session, which is made by the first of them unless
    /// ``createSession(_:env:cwd:commandTimeout:)`` has made it.
    public func inSession(_ id: String) -> SandboxClient {
        SandboxClient(transport, id, workspace, isInCells: isInCells)
    }

    /// A client of the same server whose commands have a shell each, do not wait for others, and leave nothing in any
    /// session. Its relative paths begin at the workspace.
    public var withoutSession: SandboxClient {
        SandboxClient(transport, Self.sessionless, workspace, isInCells: isInCells)
    }

    /// A client of the same server and session whose commands have less of the workspace. For commands that run in
    /// cells; everything else is refused, sessions, clones and code too.
    ///
    /// ```swift
    /// let release = sandbox.withWorkspace(.readOnly)
    /// try await release.exec("upload dist", env: ["TOKEN": token])
    /// ```
    public func withWorkspace(_ access: WorkspaceAccessName) -> SandboxClient {
        SandboxClient(transport, sessionID, access, isInCells: isInCells)
    }

    /// A client of the same server and session whose commands run in cells whatever their variables are: for input that
    /// is a credential. Who may read it is decided by where the command runs, and input alone does not decide that.
    /// Sessions, code, terminals and files are as they are without it: those go to cells by variables alone.
    ///
    /// ```swift
    /// let keys = try await sandbox.inCells.exec("gpg --list-packets", stdin: .secret(key))
    /// ```
    public var inCells: SandboxClient { SandboxClient(transport, sessionID, workspace, isInCells: true) }

    /// The session that a request about files names: those of no session begin at the workspace, as the default one does
    /// before somebody changes its directory.
    var fileSessionID: String? { sessionID == Self.sessionless ? nil : sessionID }
}
