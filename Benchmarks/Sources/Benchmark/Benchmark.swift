import Glibc

/// Measures a pair of its own beside plain posix_spawn(3), in one run, turn by turn: whatever else the machine does
/// meanwhile meets all of them alike, so that the ratios hold where the milliseconds do not.
@main
struct Benchmark {
    static func main() async {
        do {
            let settings = try Settings(CommandLine.arguments.dropFirst())
            try await run(settings)
        } catch {
            let line = Array("benchmark: \(error)\n".utf8)
            _ = write(STDERR_FILENO, line, line.count)
            exit(EXIT_FAILURE)
        }
    }

    private static func run(_ settings: Settings) async throws {
        let workspace = try Workspace()
        defer { workspace.remove() }

        var starts = Samples()
        var setups = Samples()
        for _ in 0..<settings.starts {
            let pair = try PairProcess(settings, workspace)
            starts.add(try pair.awaitHealth())
            setups.add(microseconds: try await HelperExec(workspace.socket).setupMicroseconds())
            try pair.stop()
        }

        let pair = try PairProcess(settings, workspace)
        _ = try pair.awaitHealth()
        let commands = try await CommandRows.measure(settings, pair, workspace)
        let memory = MemoryRows.measure(pair)
        try pair.stop()

        print("\(settings.runs) commands each, turn by turn; \(settings.starts) starts; shell \(settings.shell)\n")
        print(
            Table.text(
                ["start", "p50", "p99"],
                [
                    ["three namespaces made (helper's own clock)", setups.text(0.5), setups.text(0.99)],
                    ["program started to /health 200", starts.text(0.5), starts.text(0.99)],
                ]
            )
        )
        print(Table.text(["one command: \(settings.shell) -c true", "p50", "p99", "to spawn", "to user"], commands))
        print(Table.text(["memory when idle", "RSS", "PSS", "private"], memory))
    }
}
