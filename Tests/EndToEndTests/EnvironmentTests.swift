import HelperProtocol
import SandboxAPI
import SandboxTestSupport
import Testing

/// G3: the environment of a command is built from nothing.
@Suite(.timeLimit(.minutes(20)))
struct EnvironmentTests {
    /// The environment that the shell was given, before it adds to it.
    private static let initial = "tr '\\0' '\\n' < /proc/$$/environ; true"

    private static func variables(_ text: String) -> [String: String] {
        let pairs = text.split(separator: "\n").map { line in
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
        }
        return Dictionary(pairs) { first, _ in first }
    }

    @Test func `nothing of the container's environment reaches anybody`() async throws {
        let canary = Canary.make()
        let environment = [
            "PATH": "/nowhere:/usr/bin:/bin", "SECRET": canary, "SANDBOX_SECRET": canary, "LD_PRELOAD_X": canary,
            "BASH_ENV": "/tmp/\(canary)", "AWS_SECRET_ACCESS_KEY": canary, "HOME": "/\(canary)",
        ]
        try await PairFixture.with(PairOptions(environment: environment)) { pair in
            for namespace in [NamespaceName.user, .secure] {
                for command in ["env", Self.initial, "cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n'; true"] {
                    let output = try await pair.api.output(command, namespace: namespace)
                    #expect(output.contains("PATH=/usr"))
                    #expect(!output.contains(canary), "\(namespace) \(command)")
                }
            }
            let server = try #require(pair.serverPID)
            for pid in [pair.helper.pid, server] + pair.inits.values {
                #expect(ProcessFile.bytes(pid, "environ")?.holds(canary) == false)
            }
            #expect(!pair.helper.errors.text.contains(canary))
        }
    }

    @Test func `a user command gets a fixed base and nothing else`() async throws {
        try await PairFixture.with { pair in
            let variables = Self.variables(try await pair.api.output(Self.initial))
            #expect(Set(variables.keys) == ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "PWD"])
            #expect(variables["PATH"] == "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            #expect(variables["PWD"] == pair.workspace)
            #expect(variables["SHELL"] == "/bin/bash" && variables["LANG"] == "C.UTF-8")
            #expect(try await pair.api.output("cd && pwd && touch here") == variables["HOME"])
        }
    }

    @Test func `a command with credentials gets protective settings on top`() async throws {
        try await PairFixture.with { pair in
            let response = try await pair.api.execute(Self.initial, env: ["TOKEN": "a", "LANG": "C"])
            let variables = Self.variables(response.stdout)
            #expect(variables["TOKEN"] == "a" && variables["LANG"] == "C")
            #expect(variables["TMPDIR"] == "/tmp" && variables["PYTHONSAFEPATH"] == "1")
            let other = Set(variables.keys).filter { !$0.hasPrefix("GIT_") }
            #expect(
                other == [
                    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "PWD", "TOKEN", "TMPDIR", "PYTHONSAFEPATH",
                    "PYTHONNOUSERSITE",
                ]
            )
        }
    }

    @Test func `values arrive as they were sent`() async throws {
        try await PairFixture.with { pair in
            for value in ["", " ", "a=b", "line\nline", "\u{1}\u{7F}\t", "€ 𝄞", "$(id) `id` \\ ' \"", "-n"] {
                let response = try await pair.api.execute("printf %s. \"$TOKEN\"", env: ["TOKEN": value])
                #expect(response.stdout == value + ".")
            }
            let long = String(repeating: "x", count: 130_000)
            #expect(try await pair.api.execute("printf %s. \"$TOKEN\"", env: ["TOKEN": long]).stdout == long + ".")
        }
    }

    @Test func `the image author's list reaches every command, and a request wins over it`() async throws {
        let list = "# for everybody\nJAVA_HOME=/opt/java\nLANG=de_DE.UTF-8\n\nEMPTY=\nGREETING=a = b\n"
        try await PairFixture.with(PairOptions(environmentFile: list)) { pair in
            for namespace in [NamespaceName.user, .secure] {
                let variables = Self.variables(try await pair.api.output(Self.initial, namespace: namespace))
                #expect(variables["JAVA_HOME"] == "/opt/java" && variables["LANG"] == "de_DE.UTF-8")
                #expect(variables["EMPTY"] == "" && variables["GREETING"] == "a = b")
            }
            #expect(try await pair.api.output("echo $LANG", env: ["LANG": "C"]) == "C")
        }
    }
}
