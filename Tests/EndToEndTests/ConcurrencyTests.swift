import HelperClient
import HelperProtocol
import NIOHTTP1
import SandboxAPI
import SandboxTestSupport
import Testing

/// Many commands at once: none gets another's variables, output or exit code.
@Suite(.timeLimit(.minutes(20)))
struct ConcurrencyTests {
    @Test func `64 commands at once in both namespaces are not mixed up`() async throws {
        try await PairFixture.with { pair in
            let api = pair.api
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<64 {
                    group.addTask {
                        let value = Canary.make()
                        let name = number.isMultiple(of: 2) ? "TOKEN" : "LC_NAME"
                        let script = """
                            for i in 1 2 3 4 5; do echo out-\(number)-$\(name); echo err-\(number) >&2; done
                            ps -eo args; seq \(number) 20000; exit \(number)
                            """
                        let response = try await api.execute(script, env: [name: value])
                        #expect(response.namespace == (number.isMultiple(of: 2) ? .secure : .user))
                        #expect(response.exitCode == number)
                        let lines = response.stdout.split(separator: "\n")
                        #expect(lines.filter { $0 == "out-\(number)-\(value)" }.count == 5)
                        #expect(lines.filter { $0.hasPrefix("out-") }.count == 5)
                        #expect(lines.last == "20000" && lines.filter { $0 == "12345" }.count == 1)
                        #expect(response.stderr.split(separator: "\n").allSatisfy { $0 == "err-\(number)" })
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await pair.client.status().processes.isEmpty)
            #expect(try await api.health().serverRestarts == 0)
        }
    }

    @Test func `hundreds of commands leave no descriptor and no process behind`() async throws {
        try await PairFixture.with { pair in
            let api = pair.api
            let server = try #require(pair.serverPID)
            func round() async throws {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<100 {
                        group.addTask {
                            let namespace: NamespaceName = number.isMultiple(of: 2) ? .user : .secure
                            switch number % 5 {
                            case 0:
                                _ = try await api.attempt(
                                    ExecuteRequest(command: "true", cwd: "/nowhere", namespace: namespace)
                                )
                            case 1:
                                _ = try await api.attempt(
                                    ExecuteRequest(command: "sleep 9", timeoutMs: 20, namespace: namespace)
                                )
                            default: _ = try await api.execute("echo \(number)", namespace: namespace)
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                _ = try await api.health()
            }
            try await round()
            let before = [server, pair.helper.pid].map { DirectoryListing.names("/proc/\($0)/fd").count }
            for _ in 0..<3 { try await round() }
            let after = [server, pair.helper.pid].map { DirectoryListing.names("/proc/\($0)/fd").count }
            // A connection may be on its way out when its answer has arrived.
            for (old, new) in zip(before, after) { #expect(abs(new - old) <= 2, "\(before) \(after)") }
            #expect(try await pair.client.status().processes.count == 1, "the session's shell")
            #expect(pair.processes.count == 7, "three inits, a server, a shell with its keeper and shepherd")
        }
    }

    @Test func `more commands than slots are told to come again, and lose nothing`() async throws {
        try await PairFixture.with(PairOptions(settings: ["process-slots": "4", "cell-slots": "2"])) { pair in
            let api = pair.api
            let meetings = [try await Rendezvous(pair, "a"), try await Rendezvous(pair, "b")]
            try await withThrowingTaskGroup(of: Void.self) { group in
                for meeting in meetings {
                    group.addTask {
                        let response = try await api.execute(meeting.meet, namespace: .secure)
                        #expect(response.success)
                    }
                }
                for meeting in meetings { try await meeting.arrived() }
                let refused = try await api.post(#"{"command":"true","namespace":"secure"}"#)
                #expect(refused.status == 503)
                #expect(try refused.failure.code == "CONTAINER_UNAVAILABLE")
                #expect(refused.headers.contains(name: "retry-after"))
                #expect(try await api.output("echo user", namespace: .user) == "user")
                for meeting in meetings { try await meeting.release() }
                try await group.waitForAll()
            }
            #expect(try await api.output("echo secure", namespace: .secure) == "secure")
        }
    }

    @Test func `5000 idle connections from inside keep no caller out`() async throws {
        try await PairFixture.with { pair in
            let script = """
                python3 - <<'EOF'
                import resource, socket, time
                resource.setrlimit(resource.RLIMIT_NOFILE, (6000, 6000))
                held = []
                for _ in range(5000):
                    s = socket.create_connection(('127.0.0.1', \(pair.apiPort)))
                    s.send(b'P')
                    held.append(s)
                print('held', flush=True)
                time.sleep(1000)
                EOF
                """
            let hog = try await pair.startShell(script, until: "held")
            for _ in 0..<10 { #expect(try await pair.api.health().status == "healthy") }
            try await hog.process.terminate(grace: .zero)
            _ = try await hog.result()
        }
    }
}
