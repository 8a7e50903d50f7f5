import Glibc
import HelperClient
import HelperProtocol
import SandboxTestSupport
import Testing

/// Negative controls of the modes without namespaces: what holds in UsersModeTests and LandlockModeTests does not without the
/// step that it is said to hang on. The helper is the one that `scripts/build --weakened` makes.
@Suite(.timeLimit(.minutes(20)))
struct ModeControlTests {
    private static func with(
        _ options: PairOptions,
        without mitigation: String?,
        _ body: (Pair) async throws -> Void
    ) async throws {
        var options = options
        options.without = mitigation.map { [$0] } ?? [""]
        try await PairFixture.with(options, body)
    }

    /// What user code gets of the environment of a cell that runs meanwhile.
    private static func stolen(_ pair: Pair) async throws -> String {
        let cell = try await pair.startShell(
            "echo up; exec sleep 1000",
            in: .secure,
            environment: ["CANARY": "s3cr3t"],
            until: "up"
        )
        let seen = try await pair.shell("cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep ^CANARY=; true")
        try await cell.process.terminate(grace: .zero)
        _ = try await cell.process.exitStatus
        return seen.text
    }

    @Test(arguments: [(nil, ""), ("cell-uid", "CANARY=s3cr3t")] as [(String?, String)])
    func `in mode users a cell's environment is its own by its uid`(
        _ row: (mitigation: String?, seen: String)
    )
        async throws
    {
        try await Self.with(.engineDefaults(server: .standIn), without: row.mitigation) { pair async throws in
            #expect(try await Self.stolen(pair) == row.seen)
        }
    }

    @Test(arguments: [(nil, "refused"), ("landlock-scope", "written")] as [(String?, String)])
    func `in mode users a cell leaves nothing outside of its places by Landlock`(
        _ row: (mitigation: String?, seen: String)
    ) async throws {
        try await Self.with(.engineDefaults(server: .standIn), without: row.mitigation) { pair async throws in
            let path = "/var/tmp/mode-control-\(pair.ids.user)"
            let script = "(echo x > \(path)) 2>/dev/null && echo written && rm \(path) || echo refused"
            #expect(try await pair.shell(script, in: .secure).text == row.seen)
        }
    }

    /// With the keeper of `user` its directory and the lives of all processes there are lost.
    @Test(arguments: [(nil, "refused"), ("user-domain", "reached")] as [(String?, String)])
    func `in mode landlock user code does not reach its keeper by a domain of its own`(
        _ row: (mitigation: String?, seen: String)
    ) async throws {
        try await Self.with(.restrictedPod(server: .standIn), without: row.mitigation) { pair async throws in
            let keeper = try #require(LandlockModeTests.processes(pair, named: "ns-keeper user").first)
            let script = "kill -0 \(keeper) 2>/dev/null && echo reached || echo refused"
            #expect(try await pair.shell(script).text == row.seen)
        }
    }

    @Test(arguments: [(nil, "refused"), ("user-domain", "read")] as [(String?, String)])
    func `in mode landlock the homes of cells are closed by the domain of user`(
        _ row: (mitigation: String?, seen: String)
    ) async throws {
        try await Self.with(.restrictedPod(server: .standIn), without: row.mitigation) { pair async throws in
            let cell = try await pair.startShell(
                "echo s3cr3t > $HOME/f; echo $HOME; echo up; exec sleep 1000",
                in: .secure,
                until: "up"
            )
            let home = try #require(cell.output.text.split(separator: "\n").first)
            let script = "[ \"$(cat \(home)/f 2>/dev/null)\" = s3cr3t ] && echo read || echo refused"
            #expect(try await pair.shell(script).text == row.seen)
            try await cell.process.terminate(grace: .zero)
            _ = try await cell.process.exitStatus
        }
    }
}
