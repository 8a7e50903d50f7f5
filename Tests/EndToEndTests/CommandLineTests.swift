import Glibc
import SandboxTestSupport
import Testing

/// Every command that the pages show, run against a real pair as they show it.
@Suite(.timeLimit(.minutes(20)))
struct CommandLineTests {
    private static let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()

    private func environment(_ pair: Pair) throws -> [String: String] {
        var environment = ChildProcess.environment
        environment["PATH"] = try [
            TestPrograms.directory(holding: "sandboxctl"), Self.root + "/Tests/Python/bin", environment["PATH"] ?? "",
        ]
        .joined(separator: ":")
        environment["SANDBOX_URL"] = "http://127.0.0.1:\(pair.apiPort)"
        environment["WORKSPACE"] = pair.workspace
        environment["SOCKET"] = pair.socketPath
        environment["HOME"] = "/tmp"
        return environment
    }

    @Test(arguments: ["Docs/CommandLine.md", "Docs/Guides/GettingStarted.md", "README.md"])
    func `what a page shows is what happens`(_ page: String) async throws {
        try await PairFixture.with { pair in
            let script = Self.root + "/Tests/Python/transcript.py"
            let result = try await ChildProcess.run(
                ["python3", "-B", script, Self.root + "/" + page],
                environment: try environment(pair)
            )
            #expect(result.end == .exited(0), "\(result.output)\(result.errors)")
        }
    }

    @Test func `what the page about code shows is what happens`() async throws {
        try await PairFixture.with(try .interpreter()) { pair in
            try await pair.api.untilInterpreterIsReady()
            let script = Self.root + "/Tests/Python/transcript.py"
            let result = try await ChildProcess.run(
                ["python3", "-B", script, Self.root + "/Docs/Guides/Code.md"],
                environment: try environment(pair)
            )
            #expect(result.end == .exited(0), "\(result.output)\(result.errors)")
        }
    }

    @Test func `the manual page says what the program says`() async throws {
        let result = try await ChildProcess.run(
            [
                Self.root + "/scripts/manual", "--check",
                try TestPrograms.directory(holding: "sandboxctl") + "/sandboxctl",
            ]
        )
        #expect(result.end == .exited(0), "\(result.errors)")
    }

    @Test func `without the program with the attacks, it says where to get it`() async throws {
        var environment = ChildProcess.environment
        environment["PATH"] = "/nowhere"
        let program = try TestPrograms.directory(holding: "sandboxctl") + "/sandboxctl"
        let result = try await ChildProcess.run([program, "attack", "--list"], environment: environment)
        #expect(result.end == .exited(69) && result.errors.contains("scripts/build sandboxctl"))
    }

    @Test func `the shell is a terminal of the size of the caller's, and exits as the shell did`() async throws {
        try await PairFixture.with { pair in
            let script = Self.root + "/Tests/Python/terminal.py"
            let result = try await ChildProcess.run(["python3", "-B", script], environment: try environment(pair))
            #expect(result.end == .exited(0), "\(result.output)\(result.errors)")
        }
    }

    @Test func `an interrupted command is ended with all it started`() async throws {
        try await PairFixture.with { pair in
            let duration = Canary.duration(1000)
            let program = try TestPrograms.directory(holding: "sandboxctl") + "/sandboxctl"
            let process = try ChildProcess(
                [program, "exec", "(setsid sleep \(duration) &) ; sleep \(duration)"],
                environment: try environment(pair)
            )
            while HostProcesses.withArgument(duration).count < 3 { _ = try await pair.api.health() }
            process.signal(SIGINT)
            #expect(try await process.end == .exited(130))
            #expect(HostProcesses.withArgument("sleep\u{0}\(duration)").isEmpty)
        }
    }
}
