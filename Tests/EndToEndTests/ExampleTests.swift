import Glibc
import SandboxTestSupport
import Testing

/// The programs of `Examples/`, as somebody would run them. `scripts/test` builds them.
@Suite(.timeLimit(.minutes(20)))
struct ExampleTests {
    private static let folder =
        #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/.build/examples/debug"

    /// Runs an example against a pair; it must exit with 0.
    private func output(of name: String, _ pair: Pair) async throws -> [Substring] {
        let program = "\(Self.folder)/\(name)"
        guard access(program, X_OK) == 0 else {
            throw TestFailure("no \(name): swift build --package-path Examples --scratch-path .build/examples")
        }
        let result = try await ChildProcess.run([program, "http://127.0.0.1:\(pair.apiPort)"])
        #expect(result.end == .exited(0), "\(result.output)\(result.errors)")
        return result.output.split(separator: "\n")
    }

    @Test func `first steps: a command, one with a credential, one that reads its input, a web server`() async throws {
        try await PairFixture.with { pair in
            let lines = try await output(of: "FirstSteps", pair)
            #expect(lines.count == 4)
            #expect(lines.first == "hello from Linux in user")
            #expect(lines.dropFirst().first == "the token has 6 characters in secure")
            #expect(lines.dropFirst(2).first == "3 lines, sorted: a b c")
            #expect(lines.last?.hasPrefix("a web server listens as process ") == true)
            // It has ended what it started.
            #expect(try await pair.api.output("pgrep -fc http.serve[r] || true") == "0")
        }
    }

    @Test func `build watcher: each change runs the script, with its output as it comes`() async throws {
        try await PairFixture.with { pair in
            let lines = try await output(of: "BuildWatcher", pair)
            #expect(lines == ["first", "exit code 0", "second", "exit code 3"])
        }
    }
}
