import SandboxTestSupport
import Testing

/// What sandboxctl takes for its own option, and what for a command's.
@Suite(.timeLimit(.minutes(20)))
struct ControlUsageTests {
    @Test(arguments: [
        ("exec --json 'echo ran'", "--json"), ("exec --alone --bogus x", "--bogus"), ("exec -x", "-x"),
        ("exec --jsn=1 true", "--jsn"), ("run --bogus hello.sh", "--bogus"),
        ("run --interpreter bash -x hello.sh", "-x"), ("code run --bogus", "--bogus"), ("shell --bogus", "--bogus"),
    ])
    func `an option that there is not is no command`(_ words: String, _ option: String) async throws {
        try await PairFixture.with { pair in
            let result = try await ControlTool(pair: pair).shell("echo 'echo ran' >hello.sh; sandboxctl \(words)")
            #expect(result.end == .exited(64), "\(result.output)\(result.errors)")
            #expect(result.output.isEmpty && result.errors.contains("'\(option)"), "\(result.errors)")
            if words.hasPrefix("exec") { #expect(result.errors.contains("comes --.")) }
        }
    }

    @Test func `after two dashes come words that may begin with dashes`() async throws {
        try await PairFixture.with { pair in
            let result = try await ControlTool(pair: pair).shell(
                """
                exec 2>&1
                echo 'printf "%s." "$@"' >'-a.sh'; cp ./-a.sh b.sh
                sandboxctl exec --alone -- -x; echo $?
                sandboxctl exec -- printf '%s.' -- -x --json; echo
                sandboxctl exec printf '%s.' --json -h; echo
                sandboxctl run -- -a.sh --json -h; echo
                sandboxctl run b.sh --json -- -h; echo
                """
            )
            let lines = result.output.split(separator: "\n")
            #expect(lines.first?.contains("-x: ") == true, "\(result.output)")
            #expect(lines.dropFirst() == ["127", "--.-x.--json.", "--json.-h.", "--json.-h.", "--json.--.-h."])
        }
    }
}
