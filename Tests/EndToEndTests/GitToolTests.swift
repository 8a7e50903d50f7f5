import FoundationEssentials
import HelperProtocol
import SandboxAPI
import SandboxTestSupport
import Testing

/// git in cells, over HTTP against a repository that wants a token; its working copies in the workspace are user code's.
@Suite(.timeLimit(.minutes(20)))
struct GitToolTests {
    /// A repository on a server outside of the sandbox.
    private struct Remote {
        var port: Int
        var token: String

        var url: String { "http://127.0.0.1:\(port)/repo" }
        var basic: String { Data("deployer:\(token)".utf8).base64EncodedString() }
        var env: [String: String] { ["REPOSITORY": url, "GIT_AUTH": "Authorization: Basic " + basic] }
        /// git that shows the token to this server, and to no other that a repository's configuration may name.
        var git: String { "git --config-env=http.\(url).extraHeader=GIT_AUTH" }
        /// What must be nowhere.
        var secrets: [String] { [token, basic] }
    }

    private func with(_ body: (ToolBench, Remote) async throws -> Void) async throws {
        let directory = "/run/sandbox-test-git-\(UInt64.random(in: 0 ... .max))"
        defer { DirectoryListing.remove(directory) }
        let made = try await ChildProcess.run([
            "/bin/sh", "-ec",
            """
            mkdir -m 700 \(directory) && cd \(directory) && git init -q --bare -b main repo
            git -C repo config http.receivepack true
            git clone -q repo work 2>/dev/null && cd work && echo one > file && git add file
            git -c user.name=n -c user.email=n@e commit -qm first && git push -q origin HEAD:main
            """,
        ])
        try #require(made.end == .exited(0), "\(made.errors)")
        let token = Canary.make()
        try await OutsideServer.with("git_server.py", [directory, "deployer"], secret: token) { port in
            try await ToolBench.with { try await body($0, Remote(port: port, token: token)) }
        }
    }

    /// What user code does in its clone: one commit.
    private static let commit =
        "echo two > file && git -c user.name=u -c user.email=u@e commit -qam second"

    /// Settings by which a repository has git run programs and talk to other servers.
    private func poison(_ bench: ToolBench) async throws {
        let program = bench.pair.workspace + "/planted.sh"
        _ = try await bench.pair.api.output(
            """
            printf '#!/bin/sh\\nenv >> \(bench.stolen)\\n' > \(program) && chmod 755 \(program) && cd project
            git config core.fsmonitor \(program) && git config core.sshCommand \(program) && git config core.askPass \(program)
            git config gpg.program \(program) && git config commit.gpgSign true && git config credential.helper \(program)
            git config core.hooksPath \(bench.pair.workspace)/planted-hooks && git config core.alternateRefsCommand \(program)
            """
        )
    }

    @Test func `git clones, pushes and fetches with a token in env`() async throws {
        try await with { bench, remote in
            let api = bench.pair.api
            _ = try await bench.cell(Recipe.named("git-clone"), remote.env)
            try await bench.expectNoTrace(of: remote.secrets)
            #expect(try await api.output("cat project/file; find project ! -uid \(bench.pair.ids.user)") == "one")
            _ = try await api.output("rm ~/.gitconfig; cd project && \(Self.commit)")

            // Pushed out of a clone that the command itself makes: nothing of the working copy's settings is used.
            _ = try await bench.cell(Recipe.named("git-push"), remote.env)
            try await bench.expectNoTrace(of: remote.secrets)

            // Fetched into a bundle, which user code takes in by itself.
            _ = try await bench.cell(Recipe.named("git-fetch"), remote.env)
            try await bench.expectNoTrace(of: remote.secrets)
            #expect(
                try await api.output(
                    "cd project && git reset -q --hard HEAD~ && git pull -q ../new.bundle main && cat file"
                )
                    == "two"
            )
            let wrong = try await api.execute("git ls-remote \(remote.url)", env: ["TOKEN": "x"])
            #expect(!wrong.success, "the server wants the token")
        }
    }

    @Test func `git's own settings of a repository that user code has poisoned run nothing in a cell`() async throws {
        try await with { bench, remote in
            _ = try await bench.cell(Recipe.named("git-clone"), remote.env)
            _ = try await bench.pair.api.output("rm ~/.gitconfig")
            try await poison(bench)
            _ = try await bench.pair.api.execute(
                """
                cd project; git status; git checkout -qb side; git -c user.name=c -c user.email=c@e commit -q --allow-empty -m c
                git ls-remote \(remote.url); git ls-remote ssh://127.0.0.1:1/x; \(remote.git) push -q \(remote.url) HEAD:side
                """,
                env: remote.env
            )
            try await bench.expectNoTrace(of: remote.secrets)
            for command in [
                "git status", "git -c user.name=c -c user.email=c@e commit --allow-empty -m c",
                "git ls-remote \(remote.url)", "git ls-remote ssh://127.0.0.1:1/x",
                "git -c core.fsmonitor= checkout -qb other",
            ] {
                try await bench.expectPoison("cd project; \(command)")
            }
        }
    }

    @Test func `filters of a poisoned repository run in a cell, unless git works in a clone of the command's own`()
        async throws
    {
        try await with { bench, remote in
            let api = bench.pair.api
            _ = try await bench.cell(Recipe.named("git-clone"), remote.env)
            _ = try await api.output(
                """
                rm ~/.gitconfig; cd project && \(Self.commit)
                echo '* filter=planted' > .git/info/attributes
                git config filter.planted.clean 'env >> \(bench.stolen); cat' && git config remote.origin.uploadpack 'env >> \(bench.stolen);'
                git config url.ssh://127.0.0.1:1/.insteadOf http:// && touch -d '2 days ago' file
                """
            )
            // What does not read that repository's settings is safe.
            _ = try await bench.cell(Recipe.named("git-push"), remote.env)
            try await bench.expectNoTrace(of: remote.secrets)
            // Nor is anything run where git is told to trust nobody's repositories.
            let refused = try await api.execute(
                "git -C project status",
                env: ["TOKEN": remote.token, "GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"]
            )
            #expect(refused.stderr.contains("dubious ownership"), "\(refused.stderr)")
            try await bench.expectNoTrace(of: remote.secrets)
            // The limit: with a bait for a token.
            _ = try await api.execute("git -C project status", env: ["TOKEN": "b4it"])
            #expect(FileBytes.read(bench.stolen)?.holds("TOKEN=b4it") == true, "say in the guide that it is safe now")
        }
    }
}
