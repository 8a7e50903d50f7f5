import SandboxTestSupport
import Testing

/// Sequences of requests that nobody would write down, made up by Hypothesis (Tests/Python/helper_stateful.py).
@Suite(.timeLimit(.minutes(20)))
struct StatefulClientTests {
    @Test func `whatever is asked, the helper lives, leaks nothing and gives no handle twice`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let directory = "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/") + "/Python"
            var environment = ChildProcess.environment
            environment["PYTHONDONTWRITEBYTECODE"] = "1"
            // Debian's own: its module is a package of Debian's too.
            let (end, output, errors) = try await ChildProcess.run(
                ["/usr/bin/python3", directory + "/helper_stateful.py", pair.socketPath, "\(pair.helper.pid)", "30"],
                environment: environment
            )
            #expect(end == .exited(0), "\(errors)")
            #expect(output.contains("sequences"), "\(output)")
            #expect(try await pair.shell("echo alive").output == Array("alive\n".utf8))
        }
    }
}
