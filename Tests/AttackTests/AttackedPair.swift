import Glibc
import SandboxTestSupport
import Testing

/// Gives a suite one pair for all of its tests: attacks must leave it as it was, and the next attack shows whether they do.
struct AttackedPair: SuiteTrait, TestScoping {
    /// The pair, and what is to be hidden from its user code.
    struct Target: Sendable {
        var pair: Pair
        var secret: String
        /// Verdicts so far, by row.
        var outcomes = Observed<[String: String]>([:])
    }

    @TaskLocal static var current: Target?

    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @Sendable () async throws -> Void
    ) async throws {
        try await Self.with { target in
            try await Self.$current.withValue(target) { try await function() }
            let counts = Dictionary(grouping: target.outcomes.value.values, by: { $0 }).mapValues(\.count)
            let summary = counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
            print("Attacks against a pair in mode namespaces: \(summary)")
        }
    }

    /// Runs `body` with a pair whose surroundings hold what the attacks look for: a hidden file, an environment full of
    /// variables that programs act on, a log that tells all it may.
    static func with(without: [String] = [], _ body: @Sendable (Target) async throws -> Void) async throws {
        let secret = "/var/lib/sandbox-attack-\(getpid())"
        mkdir(secret, 0o755)
        defer { DirectoryListing.remove(secret) }
        let path = "\(secret)/\(UInt64.random(in: 0 ... .max))"
        mkdir(path, 0o755)
        try FileBytes.write("the operator's secret\n", to: path + "/token")
        let poison = ["BASH_ENV", "LD_LIBRARY_PATH", "NODE_OPTIONS", "PYTHONPATH", "SANDBOX_SECRET"]
        let options = PairOptions(
            settings: ["hidden-paths": path, "server-log-level": "trace"],
            environment: ChildProcess.environment.merging(poison.map { ($0, "/nowhere") }) { $1 },
            without: without
        )
        try await PairFixture.with(options) { try await body(Target(pair: $0, secret: path)) }
    }
}

extension Trait where Self == AttackedPair {
    /// One pair for all tests of the suite.
    static var attackedPair: Self { Self() }
}
