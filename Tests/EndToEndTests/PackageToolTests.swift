import FoundationEssentials
import HelperProtocol
import SandboxAPI
import SandboxTestSupport
import Testing

/// pip and curl in cells, against an index with Basic authentication and a page that wants a bearer token.
@Suite(.timeLimit(.minutes(20)))
struct PackageToolTests {
    private func with(_ body: (ToolBench, _ port: Int, _ token: String) async throws -> Void) async throws {
        let token = Canary.make()
        try await OutsideServer.with("token_server.py", ["reader"], secret: token) { port in
            try await ToolBench.with { try await body($0, port, token) }
        }
    }

    @Test func `pip installs from an index that wants a password`() async throws {
        try await with { bench, port, token in
            let api = bench.pair.api
            _ = try await bench.cell(
                Recipe.named("pip"),
                ["PIP_INDEX_URL": "http://reader:\(token)@127.0.0.1:\(port)/simple/"]
            )
            let basic = Data("reader:\(token)".utf8).base64EncodedString()
            try await bench.expectNoTrace(of: [token, basic])
            let use = "PYTHONPATH=packages /usr/bin/python3 -c 'import greeting; print(greeting.text())'"
            // The user's own python runs what the user has planted, now that there is nothing to steal.
            #expect(
                try await api.output("rm -r ~/.local; \(use); stat -c %u packages/greeting.py; rm -r packages")
                    == "hello from the private index\n\(bench.pair.ids.user)"
            )
            let wrong = try await api.execute(
                bench.path + "pip download --quiet greeting",
                env: ["PIP_INDEX_URL": "http://reader:wrong@127.0.0.1:\(port)/simple/"]
            )
            #expect(!wrong.success, "the index wants the password")
            try await bench.expectPoison("PIP_INDEX_URL=http://127.0.0.1:1/ pip download --retries 0 b4it")
        }
    }

    @Test func `curl shows a bearer token that is in no argument`() async throws {
        try await with { bench, port, token in
            let url = "http://127.0.0.1:\(port)/report"
            _ = try await bench.cell(Recipe.named("curl"), ["TOKEN": token, "URL": url])
            try await bench.expectNoTrace(of: [token])
            #expect(
                try await bench.pair.api.output("cat report.txt; stat -c %u report.txt; rm report.txt")
                    == "the report\n\(bench.pair.ids.user)"
            )
            let wrong = try await bench.pair.api.execute(
                Recipe.named("curl"),
                env: ["TOKEN": "wrong", "URL": url]
            )
            #expect(wrong.exitCode == 22, "the server wants the token")
            try await bench.expectPoison("curl --silent --header \"X-Bait: $BAIT\" \(url)")
        }
    }

    @Test func `shells and Python in a cell start without what was planted`() async throws {
        try await ToolBench.with { bench in
            let secret = Canary.make()
            let start = "bash -lc true; bash -ic true; /usr/bin/python3 -c ''; echo | /usr/bin/python3 -i -q"
            _ = try await bench.cell(start, ["TOKEN": secret])
            try await bench.expectNoTrace(of: [secret])
            for command in start.split(separator: "; ").dropLast() { try await bench.expectPoison(String(command)) }
            try await bench.expectPoison(
                "rm -r ~/.local ~/.bashrc; sed -i /^env/d ~/.bash_profile; bash -lc 'echo | /usr/bin/python3 -i -q'"
            )
        }
    }
}
