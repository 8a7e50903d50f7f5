import Glibc
import HelperClient
import HelperProtocol
import NIOHTTP1
import SandboxAPI
import SandboxTestSupport
import Testing

/// G9: what goes wild in `user` leaves the API answering.
@Suite(.timeLimit(.minutes(20)))
struct SurvivalTests {
    @Test func `a fork bomb in user harms neither the API nor commands with credentials, and a reset ends it`()
        async throws
    {
        let settings = ["user-processes": "150", "server-grace-ms": "100"]
        try await PairFixture.with(PairOptions(settings: settings)) { pair in
            let api = pair.api
            let bomb = "bomb() { bomb | bomb & }; bomb; sleep 1000"
            async let boom = api.attempt(ExecuteRequest(command: bomb, timeoutMs: 3000, namespace: .user))
            for _ in 0..<10 {
                #expect(try await api.health().status == "healthy")
                #expect(try await api.output("printenv TOKEN", env: ["TOKEN": "a"]) == "a")
                // One more in user may find no process left, and is told so; it is never left waiting.
                let crowded = try await api.attempt(ExecuteRequest(command: "true", namespace: .user))
                #expect([200, 503].contains(crowded.status), "\(crowded.text)")
            }
            #expect(try await boom.status == 500)
            #expect(try await pair.client.reset(.user) == 2)
            #expect(try await api.output("echo calm; ps -e --no-headers | wc -l") == "calm\n5")
            #expect(try await api.health().serverRestarts == 0)
        }
    }

    @Test(arguments: Bomb.all)
    func `whatever user code uses up, the API and secure go on, and a reset makes a clean namespace`(
        bomb: Bomb
    ) async throws {
        let settings = [
            "user-processes": "200", "open-files": "1024", "tmp-size": "2m", "shm-size": "2m", "home-size": "2m",
            "tmp-inodes": "2000",
        ]
        try await PairFixture.with(PairOptions(settings: settings)) { pair in
            let api = pair.api
            // The session that the commands below ask for: user code reaches its shell too.
            _ = try await api.attempt(ExecuteRequest(command: "true", namespace: .user))
            let wild = try await pair.startShell(bomb.command, until: "armed")
            #expect(!wild.output.text.contains("better"))
            for number in 0..<5 {
                #expect(try await api.health().status == "healthy")
                #expect(try await api.output("printenv TOKEN", env: ["TOKEN": "\(number)"]) == "\(number)")
                // user may have nothing left for a command, or for its session's shell; then it is told so. Its shell
                // may be stopped for good: without a time limit that would be waited for.
                let crowded = try await api.attempt(
                    ExecuteRequest(command: "true", timeoutMs: 3000, namespace: .user)
                )
                #expect([200, 410, 500, 503].contains(crowded.status), "\(crowded.text)")
            }
            #expect(try await pair.client.reset(.user) == 2)
            try await cleanUser(pair)
            #expect(try await api.health().serverRestarts == 0)
            #expect(try await api.output("echo secure", namespace: .secure) == "secure")
        }
    }

    /// Expects a namespace in which nobody has been. Until the last of the killed processes has been reaped they count
    /// against the uid: a command may still find no room.
    private func cleanUser(_ pair: Pair) async throws {
        while true {
            do {
                if try await pair.shell("true").status.cause == .exited(0) { break }
            } catch HelperClientError.refused(let failure) where failure.errno == EAGAIN {}
        }
        let left = try await pair.shell("ls -A /tmp /var/tmp /dev/shm $HOME | grep -v ':$'; ps -e --no-headers | wc -l")
        // The init, the shepherd, the shell, ps and wc.
        #expect(left.lines.filter { !$0.isEmpty } == ["5"], "\(left.text)")
    }

    @Test func `a full workspace stops nobody from asking`() async throws {
        // Where other tests do not count mounts.
        mkdir("/var/lib/sandbox-tests", 0o755)
        let directory = "/var/lib/sandbox-tests/full-\(getpid())"
        guard mkdir(directory, 0o755) == 0 else { throw TestFailure("cannot make \(directory)") }
        defer { rmdir(directory) }
        let options = "size=1m,nr_inodes=100,mode=1777"
        let mounted = try await ChildProcess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", directory])
        #expect(mounted.end == .exited(0), "\(mounted.errors)")
        try await PairFixture.with(PairOptions(workspace: directory)) { pair in
            for namespace in [NamespaceName.user, .secure] {
                let filled = try await pair.api.execute(
                    "head -c 3000000 /dev/zero > full; for i in $(seq 200); do : > empty-$i || break; done",
                    namespace: namespace
                )
                #expect(filled.stderr.contains("No space left"), "\(filled.stderr)")
                #expect(try await pair.api.health().status == "healthy")
                #expect(try await pair.api.output("echo on", namespace: namespace) == "on")
            }
            let refused = try await pair.api.request(
                .PUT,
                "/api/files/raw?path=\(directory)/more",
                body: Array(repeating: 0, count: 100_000)
            )
            #expect(refused.status != 200)
            #expect(try await pair.api.output("rm -f full empty-*; echo free > more; cat more") == "free")
        }
        _ = try await ChildProcess.run(["umount", directory])
    }

    @Test func `a command that stops everything, itself too, is ended by its time limit all the same`() async throws {
        try await PairFixture.with(PairOptions(settings: ["server-grace-ms": "100"])) { pair in
            let duration = Canary.duration(100)
            for namespace in [NamespaceName.user, .secure] {
                let answer = try await pair.api.attempt(
                    ExecuteRequest(
                        command: "sleep \(duration) & sleep \(duration) & kill -STOP -1; kill -STOP $$",
                        timeoutMs: 300,
                        namespace: namespace
                    )
                )
                #expect(answer.status == 500)
                #expect(HostProcesses.withArgument(duration).isEmpty)
            }
        }
    }

    @Test func `full private file systems stop only whoever filled them`() async throws {
        let settings = ["tmp-size": "1m", "shm-size": "1m", "home-size": "1m", "run-size": "1m"]
        try await PairFixture.with(PairOptions(settings: settings)) { pair in
            for namespace in [NamespaceName.user, .secure] {
                for place in ["/tmp", "/dev/shm", "$HOME"] {
                    let response = try await pair.api.execute(
                        "head -c 3000000 /dev/zero > \(place)/fill",
                        namespace: namespace
                    )
                    #expect(response.stderr.contains("No space left"), "\(place): \(response.stderr)")
                }
                #expect(try await pair.api.output("echo on", namespace: namespace) == "on")
            }
        }
    }

    @Test func `a caller that does not read its answer holds up nobody else`() async throws {
        try await PairFixture.with { pair in
            let body = #"{"command":"head -c 20000000 /dev/zero | tr '\\0' x"}"#
            let request = "POST /api/execute HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            var deaf: [RawConnection] = []
            for _ in 0..<4 {
                let connection = try RawConnection(port: pair.apiPort)
                try connection.send(request)
                deaf.append(connection)
            }
            for _ in 0..<20 { #expect(try await pair.api.output("echo on") == "on") }
            for connection in deaf { connection.close() }
            #expect(try await pair.api.health().status == "healthy")
        }
    }
}
