import Glibc
public import HelperProtocol
import Synchronization

/// How a pair under test is to be started.
public struct PairOptions: Sendable {
    /// Which program plays the server.
    public enum Server: Sendable, Hashable {
        /// The real one, `sandbox-server`.
        case real
        /// `stand-in-server`, which does nothing until it is told to end: for tests of the helper alone.
        case standIn
        /// Another program.
        case program(String)
    }

    /// Value of the `isolation` option.
    public var isolation: String
    /// Which program plays the server.
    public var server: Server
    /// The pair's uids and gids; nil takes ids that no other pair has.
    public var ids: SandboxIdentities?
    /// Further options of the helper, by name without the dashes.
    public var settings: [String: String]
    /// Content of the image author's list of variables; nil means that there is no such file.
    public var environmentFile: String?
    /// The helper's own environment.
    public var environment: [String: String]
    /// A program with arguments that ends by executing the helper: `capsh --drop=… --`, `setpriv …`.
    public var wrapper: [String]
    /// Who starts the helper and owns the pair's directories; nil is root. Its program is copied to where that uid
    /// can read it.
    public var owner: UInt32?
    /// Type of a file system to mount at the workspace; nil leaves it on the machine's own.
    public var workspaceFileSystem: String?
    /// The workspace's directory; nil makes a new one that the user owns.
    public var workspace: String?
    /// What the helper is to leave out, for a negative control: names of `Mitigation`, and `call:NAME`. With any, the
    /// helper is the one that `scripts/build --weakened` makes.
    public var without: [String]

    /// Makes options; the defaults are a real pair in mode `namespaces`.
    public init(
        isolation: String = "namespaces",
        server: Server = .real,
        ids: SandboxIdentities? = nil,
        settings: [String: String] = [:],
        environmentFile: String? = nil,
        environment: [String: String] = ChildProcess.environment,
        wrapper: [String] = [],
        owner: UInt32? = nil,
        workspaceFileSystem: String? = nil,
        workspace: String? = nil,
        without: [String] = []
    ) {
        self.isolation = isolation
        self.server = server
        self.ids = ids
        self.settings = settings
        self.environmentFile = environmentFile
        self.environment = environment
        self.wrapper = wrapper
        self.owner = owner
        self.workspaceFileSystem = workspaceFileSystem
        self.workspace = workspace
        self.without = without
    }

    /// The helper's own environment, with what it is to leave out.
    var helperEnvironment: [String: String] {
        without.isEmpty
            ? environment
            : environment.merging(["SANDBOX_WITHOUT": without.joined(separator: ",")]) { _, new in new }
    }

    /// A pair in a container with an engine's defaults: fourteen capabilities, SYS_ADMIN not among them, and a seccomp
    /// profile that refuses namespaces.
    public static func engineDefaults(
        isolation: String = "users",
        server: Server = .real,
        settings: [String: String] = ["accept-unprotected-credentials": "users"]
    ) throws -> PairOptions {
        let capabilities = [
            "chown", "dac_override", "fsetid", "fowner", "mknod", "net_raw", "setgid", "setuid", "setfcap", "setpcap",
            "net_bind_service", "sys_chroot", "kill", "audit_write",
        ]
        return PairOptions(
            isolation: isolation,
            server: server,
            settings: settings,
            wrapper: [
                try TestPrograms.path("engine-filter"), "setpriv",
                "--bounding-set=-all," + capabilities.map { "+" + $0 }.joined(separator: ","), "--inh-caps=-all",
            ]
        )
    }

    /// A pair in a pod of Kubernetes' level "restricted": one uid that is not root, no capability, not even in the bounding
    /// set, no_new_privs, and a runtime's default seccomp profile.
    public static func restrictedPod(
        isolation: String = "landlock",
        server: Server = .real,
        settings: [String: String] = ["accept-unprotected-credentials": "landlock"]
    ) throws -> PairOptions {
        let number = restrictedPods.withLock { count in
            count += 1
            return count
        }
        let agent = ["agent": try TestPrograms.path("sandbox-agent")]
        return PairOptions(
            isolation: isolation,
            server: server,
            settings: agent.merging(settings) { _, new in new },
            wrapper: [try TestPrograms.path("engine-filter")],
            owner: 20_000_000 + UInt32(getpid() % 100_000) * 500 + number
        )
    }

    /// Each has a uid of its own.
    private static let restrictedPods = Mutex(UInt32(0))

    /// A helper with the stand-in server.
    public static var helperOnly: PairOptions { PairOptions(server: .standIn) }

    /// A real pair with the code interpreter.
    ///
    /// - Throws: ``TestFailure`` if Jupyter is not installed.
    public static func interpreter(
        isolation: String = "namespaces",
        _ settings: [String: String] = [:]
    ) throws
        -> PairOptions
    {
        let jupyter = ["jupyter": try TestPrograms.jupyter() + "/bin/sandbox-jupyter"]
        return PairOptions(isolation: isolation, settings: jupyter.merging(settings) { $1 })
    }
}
