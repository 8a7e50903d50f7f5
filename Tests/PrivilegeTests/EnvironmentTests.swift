import HelperClient
import HelperProtocol
import SandboxTestSupport
import Testing

/// Environments are built from nothing (G3).
@Suite(.timeLimit(.minutes(20)))
struct EnvironmentTests {
    private func variables(_ result: CommandResult) -> [String: String] {
        Dictionary(
            result.lines.compactMap { line in
                line.firstIndex(of: "=").map { (String(line[..<$0]), String(line[line.index(after: $0)...])) }
            },
            uniquingKeysWith: { first, _ in first + " twice" }
        )
    }

    @Test func `user gets the fixed base and nothing of the helper's`() async throws {
        var options = PairOptions.helperOnly
        options.environment.merge(
            ["SECRET": "x", "LD_PRELOAD": "", "BASH_ENV": "/x", "SANDBOX_FOO": "y", "PYTHONPATH": "/x"]
        ) { _, new in new }
        try await PairFixture.with(options) { pair in
            let found = variables(try await pair.run(["env"]))
            #expect(
                found == [
                    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/home/user",
                    "USER": "sandbox-user", "LOGNAME": "sandbox-user", "SHELL": "/bin/bash", "LANG": "C.UTF-8",
                    "PWD": pair.workspace,
                ]
            )
        }
    }

    @Test func `PWD is the working directory`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            for namespace in [SandboxNamespace.user, .secure] {
                let result = try await pair.run(["env"], in: namespace, directory: "/usr")
                #expect(variables(result)["PWD"] == "/usr", "\(namespace.name)")
            }
        }
    }

    @Test func `a cell gets protective settings beside the base`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let found = variables(try await pair.run(["env"], in: .secure))
            #expect(found["HOME"] == "/home/secure")
            #expect(found["USER"] == "sandbox-secure")
            #expect(found["TMPDIR"] == "/tmp")
            #expect(found["PYTHONSAFEPATH"] == "1")
            let count = try #require(found["GIT_CONFIG_COUNT"].flatMap { Int($0) })
            let git = Dictionary(
                uniqueKeysWithValues: (0..<count).map {
                    (found["GIT_CONFIG_KEY_\($0)"] ?? "", found["GIT_CONFIG_VALUE_\($0)"] ?? "none")
                }
            )
            #expect(git["core.fsmonitor"] == "false")
            #expect(git["core.hooksPath"] == "/dev/null")
            #expect(git["credential.helper"] == "")
        }
    }

    @Test func `a poisoned repository runs nothing in a cell`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let poison = """
                git init -q repo && cd repo && echo a >a && git add a
                git -c user.name=a -c user.email=a@a commit -qm a
                git config core.fsmonitor 'touch ../ran-fsmonitor; echo'; git config core.sshCommand 'touch ../ran-ssh;'
                mkdir -p .git/hooks; printf '#!/bin/sh\\ntouch ../ran-hook\\n' >.git/hooks/post-checkout
                chmod +x .git/hooks/post-checkout
                git config credential.helper '!touch ../ran-credential;'
                """
            let made = try await pair.shell(poison)
            #expect(made.code == 0, "\(made.errorText)")
            let used = try await pair.shell(
                "cd repo && git status --short && git checkout -q -b b; ls .. | grep ran; true",
                in: .secure
            )
            #expect(used.text == "", "\(used.text)")
            // In user the same commands do run them, or the test shows nothing.
            let control = try await pair.shell(
                "cd repo && git status --short >/dev/null; git checkout -q -b c; ls .. | grep -c ran"
            )
            #expect(control.text == "2", "\(control.errorText)")
        }
    }

    @Test func `the image author's list is honoured in both namespaces`() async throws {
        var options = PairOptions.helperOnly
        options.environmentFile = "# defaults\n\nFOO=bar baz=1\n  LANG = de_DE\n".replacing(
            "  LANG = de_DE",
            with: "LANG=de_DE.UTF-8\nEMPTY="
        )
        try await PairFixture.with(options) { pair in
            for namespace in [SandboxNamespace.user, .secure] {
                let found = variables(try await pair.run(["env"], in: namespace))
                #expect(found["FOO"] == "bar baz=1")
                #expect(found["LANG"] == "de_DE.UTF-8")
                #expect(found["EMPTY"] == "")
            }
        }
    }

    @Test(arguments: ["no equals sign", "1A=x", "A-B=x", "=x"])
    func `a bad line in the author's list stops the start with its place`(line: String) async throws {
        var options = PairOptions.helperOnly
        options.environmentFile = "GOOD=1\n\(line)\n"
        let (end, _, log) = try await PairFixture.runToEnd(options)
        #expect(end == .exited(78))
        #expect(log.contains("environment:2: expected NAME=value"), "\(log)")
        #expect(!log.contains("GOOD"))
    }

    @Test func `the payload overrides everything`() async throws {
        var options = PairOptions.helperOnly
        options.environmentFile = "FOO=image"
        try await PairFixture.with(options) { pair in
            let environment = [
                "FOO": "request", "PATH": "/bin", "HOME": "/tmp", "GIT_CONFIG_COUNT": "0", "WEIRD": "a=b\nc",
            ]
            for namespace in [SandboxNamespace.user, .secure] {
                let result = try await pair.run(["/usr/bin/env", "-0"], in: namespace, environment: environment)
                let entries = result.output.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
                for (name, value) in environment {
                    #expect(entries.filter { $0.hasPrefix(name + "=") } == ["\(name)=\(value)"], "\(namespace.name)")
                }
            }
        }
    }

    @Test func `large arguments and environments arrive whole`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let value = String(repeating: "v", count: 100_000)
            for namespace in [SandboxNamespace.user, .secure] {
                let result = try await pair.run(
                    ["/bin/sh", "-c", "echo ${#A} ${#B} ${#1}", "sh", value],
                    in: namespace,
                    environment: ["A": value, "B": value]
                )
                #expect(result.text == "100000 100000 100000")
            }
        }
    }
}
