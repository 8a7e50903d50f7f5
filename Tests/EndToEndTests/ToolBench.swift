import Glibc
import HelperProtocol
import SandboxAPI
import SandboxTestSupport
import Testing

/// A pair at its most talkative, with an audit log and with poison wherever user code can plant any, for tools that get
/// credentials.
struct ToolBench {
    let pair: Pair
    /// Path of the audit log.
    let auditLog: String

    /// A line that puts the tools of `Tests/Tools/install` first.
    var path: String { get throws { "export PATH=\(try TestPrograms.tools())/bin:$PATH\n" } }
    /// What poison writes to when it has an effect.
    var stolen: String { pair.workspace + "/stolen" }

    /// Runs `body` with a new pair in which poison has been planted.
    ///
    /// - Parameter wrapper: What starts the helper, as ``PairOptions/wrapper``.
    static func with(
        ids: SandboxIdentities? = nil,
        wrapper: [String] = [],
        _ body: (ToolBench) async throws -> Void
    ) async throws {
        let directory = "/var/log/sandbox-test-\(UInt64.random(in: 0 ... .max))"
        try #require(mkdir(directory, 0o700) == 0)
        defer { DirectoryListing.remove(directory) }
        let log = directory + "/audit.jsonl"
        let options = PairOptions(
            ids: ids,
            settings: ["server-log-level": "trace", "audit-log": log],
            wrapper: wrapper
        )
        try await PairFixture.with(options) { pair in
            let bench = ToolBench(pair: pair, auditLog: log)
            try await bench.plant()
            try await body(bench)
        }
    }

    /// Runs a command in a cell; it must succeed.
    func cell(_ command: String, _ env: [String: String]) async throws -> String {
        let answer = try await pair.api.execute(path + command, env: env)
        guard answer.success, answer.namespace == .secure else {
            throw FailedCommand(exitCode: answer.exitCode, text: answer.stdout + answer.stderr)
        }
        return answer.stdout
    }

    /// Fails the test for each place where one of the secrets is, if a process of a cell is alive, and if poison has had
    /// an effect.
    ///
    /// Looks as user code, as another command with credentials, and as root.
    func expectNoTrace(of secrets: [String], sourceLocation: SourceLocation = #_sourceLocation) async throws {
        for namespace in [NamespaceName.user, .secure] {
            let found = try await pair.api.output(search(for: secrets), namespace: namespace)
            #expect(found == "", "seen by \(namespace)", sourceLocation: sourceLocation)
        }
        for secret in secrets {
            #expect(HostProcesses.withVariable(secret).isEmpty, sourceLocation: sourceLocation)
            #expect(HostProcesses.withArgument(secret).isEmpty, sourceLocation: sourceLocation)
            for log in [pair.helper.errors.bytes, pair.helper.output.bytes, FileBytes.read(auditLog) ?? []] {
                #expect(!log.holds(secret), "in a log", sourceLocation: sourceLocation)
            }
        }
        #expect(FileBytes.read(auditLog)?.holds("exec") == true, "the audit log is looked at")
        let root = try await ChildProcess.run(["/bin/sh", "-c", Self.search(for: secrets, in: [pair.directory])])
        #expect(root.output == "" && root.end == .exited(0), "\(root.errors)", sourceLocation: sourceLocation)
        let alive = ProcessFile.processes(of: [pair.ids.secure]).filter {
            ProcessFile.status($0)["State"]?.first != "Z"
        }
        #expect(alive.isEmpty, "\(alive.map { ProcessFile.text($0, "cmdline") ?? "" })", sourceLocation: sourceLocation)
        #expect(access(stolen, F_OK) != 0, "planted files have had an effect", sourceLocation: sourceLocation)
    }

    /// The counterpart: shows that what has been planted works where the home is the one that it has been planted in.
    func expectPoison(_ command: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        unlink(stolen)
        let answer = try await pair.api.execute("\(try path)export BAIT=b4it; \(command)", namespace: .user)
        let content = FileBytes.read(stolen) ?? []
        #expect(content.holds("b4it"), "\(answer.stdout)\(answer.stderr)", sourceLocation: sourceLocation)
        unlink(stolen)
    }

    /// A command that prints where secrets are.
    func search(for secrets: [String]) -> String {
        Self.search(
            for: secrets,
            in: ["/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run", "/home", pair.workspace]
        )
    }

    private static func search(for secrets: [String], in places: [String]) -> String {
        let digits = secrets.map { $0.utf8.map { byte in hexadecimal(byte) }.joined() }.joined(separator: " ")
        return """
            /usr/bin/python3 -I - \(digits) -- \(places.joined(separator: " ")) <<'TRACES'
            \(TestFile.text("Python/traces.py"))
            TRACES
            """
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return digits.count == 2 ? digits : "0" + digits
    }
}
