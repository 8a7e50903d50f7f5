import HelperProtocol
import SandboxAPI
import SandboxTestSupport
import Testing

/// G4 and G5: a credential exists in its own cell and only while its command runs.
@Suite(.timeLimit(.minutes(20)))
struct CredentialTests {
    /// Prints all that the caller can read of every process it sees.
    private static let scan = """
        for p in /proc/[0-9]*; do
            for f in environ cmdline; do tr '\\0' '\\n' < $p/$f; done
            ls -l $p/fd $p/cwd
        done 2>/dev/null
        """
    /// Prints every file outside the system's own directories.
    private static let search = """
        find / -xdev \\( -path /proc -o -path /sys -o -path /usr -o -path /var/lib/dpkg -o -path /opt \\) -prune -o \
        \\( -path "$HOME/*" -o -path "/tmp/*" -o -path "/var/tmp/*" -o -path "/dev/shm/*" -o -path "/run/*" \\) -type f -print
        find "$HOME" /tmp /var/tmp /dev/shm /run /dev/mqueue -type f -exec cat {} + 2>/dev/null
        ipcs -a 2>/dev/null || true
        """

    @Test func `credentials are isolated when env is given`() async throws {
        // At the most talkative level: what is not logged there is logged nowhere.
        try await PairFixture.with(PairOptions(settings: ["server-log-level": "trace"])) { pair in
            let api = pair.api
            let canary = Canary.make()
            let meeting = try await Rendezvous(pair, "first")
            let scatter = """
                for place in "$HOME" /tmp /var/tmp /dev/shm /run "$TMPDIR"; do env > "$place/left" || true; done
                mkdir -p ~/.aws && env > ~/.aws/credentials
                { sleep 1000; } &
                """
            async let first = api.execute("\(scatter)\n\(Self.scan)\n\(meeting.meet)", env: ["API_KEY": canary])
            try await meeting.arrived()

            // While the first command runs.
            #expect(!HostProcesses.withVariable(canary).isEmpty, "root must find what it looks for")
            let helperCopies = try ProcessMemory.copies(of: canary, in: pair.helper.pid)
            #expect(helperCopies == 0)
            for output in [
                try await api.output(Self.scan, namespace: .user), try await api.output(Self.search, namespace: .user),
                try await api.output(Self.scan, env: ["OTHER": "value"]),
                try await api.output(Self.search, env: ["OTHER": "value"]),
            ] {
                #expect(!output.contains(canary))
            }
            // Nor may another command with the same uid ask the kernel for it by pid.
            for pid in HostProcesses.withVariable(canary) {
                let other = try await api.execute("cat /proc/\(pid)/environ", env: ["OTHER": "value"])
                #expect(!other.stdout.contains(canary))
            }

            try await meeting.release()
            let answer = try await first
            #expect(answer.namespace == .secure)
            #expect(answer.stdout.contains("API_KEY=\(canary)"), "the scan must find what it looks for")

            // After the reply.
            #expect(HostProcesses.withVariable(canary).isEmpty)
            #expect(try ProcessMemory.copies(of: canary, in: pair.helper.pid) == 0)
            for namespace in [NamespaceName.user, .secure] {
                for command in ["env", Self.scan, Self.search] {
                    #expect(try await !api.output(command, namespace: namespace).contains(canary))
                }
            }
            #expect(
                try await !api.output("cat /proc/keys /proc/key-users 2>&1; env", namespace: .user).contains(canary)
            )
            #expect(!pair.helper.errors.text.contains(canary) && !pair.helper.output.text.contains(canary))
            #expect(pair.helper.errors.text.contains("API_KEY"), "the log names variables, so it was looked at")
        }
    }

    @Test func `what a command with credentials writes to private places is gone with it`() async throws {
        try await PairFixture.with { pair in
            let places = ["$HOME", "/tmp", "/var/tmp", "/dev/shm", "/run"]
            let write = places.map { "echo x > \($0)/left && cat \($0)/left" }.joined(separator: "\n")
            let written = try await pair.api.execute(write, env: ["TOKEN": "a"])
            #expect(written.stdout.split(separator: "\n").count >= 4, "\(written.stderr)")
            for namespace in [NamespaceName.user, .secure] {
                let listing = try await pair.api.output(
                    places.map { "ls \($0)/left 2>/dev/null" }.joined(separator: "\n") + "\ntrue",
                    namespace: namespace
                )
                #expect(listing.isEmpty, "\(listing)")
            }
        }
    }

    @Test func `two commands with credentials neither see nor meet each other`() async throws {
        try await PairFixture.with { pair in
            let api = pair.api
            let (one, two) = (Canary.make(), Canary.make())
            let (first, second) = (try await Rendezvous(pair, "one"), try await Rendezvous(pair, "two"))
            let view = "ps -eo pid= | wc -l; ls /tmp; \(Self.scan)"
            async let a = api.execute("touch /tmp/mine; \(first.meet); \(view)", env: ["TOKEN": one])
            async let b = api.execute("\(second.meet); \(view); kill -9 -1", env: ["TOKEN": two])
            try await first.arrived()
            try await second.arrived()
            try await second.release()
            let seenByTwo = try await b
            try await first.release()
            let seenByOne = try await a
            #expect(seenByOne.stdout.contains(one) && !seenByOne.stdout.contains(two))
            #expect(seenByTwo.stdout.contains(two) && !seenByTwo.stdout.contains(one))
            #expect(!seenByTwo.stdout.contains("mine"))
            #expect(seenByOne.success, "the other's kill -1 must not reach it")
        }
    }

    @Test func `no error tells a value`() async throws {
        try await PairFixture.with(PairOptions(settings: ["server-log-level": "trace", "server-grace-ms": "100"])) {
            pair in
            let canary = Canary.make()
            let env = ["TOKEN": SecretBytes(Array(canary.utf8))]
            let requests = [
                ExecuteRequest(command: "true", env: env, cwd: "/nowhere"),
                ExecuteRequest(command: "true", env: env, cwd: "relative"),
                ExecuteRequest(command: "true", env: env, namespace: .user),
                ExecuteRequest(command: "sleep 30", env: env, timeoutMs: 50),
                ExecuteRequest(command: "", env: env),
                ExecuteRequest(command: "true", env: env.merging(["BAD NAME": SecretBytes([])]) { $1 }),
                ExecuteRequest(
                    command: "true",
                    env: ["TOKEN": SecretBytes(Array((canary + String(repeating: "x", count: 140_000)).utf8))]
                ),
            ]
            for request in requests {
                let answer = try await pair.api.attempt(request)
                #expect(answer.status >= 400, "\(request)")
                #expect(!answer.text.contains(canary), "\(request)")
            }
            for body in [
                #"{"command":"true","env":{"TOKEN":["\#(canary)"]}}"#, #"{"command":"true","env":"\#(canary)"}"#,
                #"{"command":{"a":"\#(canary)"}}"#, #"{"command":"true","env":{"TOKEN":"\#(canary)"}"#,
                #"{"command":"true","env":{"\#(canary) 1":1}}"#, #"["\#(canary)"]"#,
                #"{"command":"true","env":{"TOKEN":"\#(canary)\u0000"}}"#,
                #"{"command":"true","namespace":"\#(canary)"}"#,
            ] {
                let answer = try await pair.api.post(body)
                #expect(answer.status == 400, "\(answer.text)")
                #expect(!answer.text.contains(canary), "\(answer.text)")
            }
            #expect(!pair.helper.errors.text.contains(canary))
        }
    }
}
