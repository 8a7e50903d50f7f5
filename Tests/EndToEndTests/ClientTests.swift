import SandboxAPI
import SandboxClient
import SandboxTestSupport
import Synchronization
import Testing

/// The Swift client against a real pair, feature by feature.
@Suite(.timeLimit(.minutes(20)))
struct ClientTests {
    private func with(_ body: @Sendable (SandboxClient, Pair) async throws -> Void) async throws {
        try await PairFixture.with { pair in
            try await body(try SandboxClient(baseURL: "http://127.0.0.1:\(pair.apiPort)"), pair)
        }
    }

    @Test func `a command's output comes while it runs, and its end is the last event`() async throws {
        try await with { sandbox, _ in
            var events: [ExecEvent] = []
            for try await event in try await sandbox.stream(
                "echo out; echo err >&2; printenv KEY; exit 3",
                env: ["KEY": "v"]
            ) {
                events.append(event)
            }
            guard case .started(let id, let pid) = events.first else {
                Issue.record("\(events)")
                return
            }
            #expect(!id.isEmpty && (pid ?? 0) > 0)
            #expect(events.contains(.stderr("err\n")) && events.last == .finished(exitCode: 3, isTimedOut: false))
            let output = events.compactMap { if case .stdout(let text) = $0 { text } else { nil } }.joined()
            #expect(output == "out\nv\n")
        }
    }

    @Test(arguments: [CancellationBehavior.kill, .detach])
    func `cancelling ends a followed command, or leaves it running`(_ behavior: CancellationBehavior) async throws {
        try await with { sandbox, _ in
            let id = Observed<String?>(nil)
            let task = Task {
                for try await event in try await sandbox.stream("echo up; sleep 1000", whenCancelled: behavior) {
                    if case .started(let name, _) = event { id.update { $0 = name } }
                }
            }
            let name = try #require(try await id.wait { $0 != nil })
            task.cancel()
            await #expect(throws: SandboxClientError.cancelled) { try await task.value }
            let status = try await sandbox.process(name).info().status
            #expect(status == (behavior == .kill ? "killed" : "running"))
        }
    }

    @Test func `cancelling a command that is waited for ends it and everything it started`() async throws {
        try await with { sandbox, _ in
            for client in [sandbox, sandbox.withoutSession] {
                let duration = Canary.duration(1000)
                let task = Task { try await client.exec("(setsid sleep \(duration) &); sleep \(duration)") }
                while HostProcesses.withArgument("sleep\u{0}\(duration)").count < 2 { _ = try await sandbox.health() }
                task.cancel()
                await #expect(throws: SandboxClientError.cancelled) { try await task.value }
                // The server learns of it from the connection.
                while !HostProcesses.withArgument("sleep\u{0}\(duration)").isEmpty { _ = try await sandbox.health() }
                #expect(try await client.exec("echo on").stdout == "on")
            }
        }
    }

    @Test func `a process is waited for by line, port and exit, read, and killed`() async throws {
        try await with { sandbox, _ in
            let server = try await sandbox.start("echo starting; exec python3 -u -m http.server 0", id: "web")
            let line = try await server.waitForLine(containing: "Serving HTTP", timeout: .seconds(120))
            let port = try #require(line.firstMatch(of: /port (\d+)/).flatMap { Int($0.1) })
            try await server.waitForPort(port, .http(), timeout: .seconds(120))
            #expect(try await server.logs().stdout.hasPrefix("starting\n"))
            #expect(try await sandbox.processes().map(\.id) == ["web"])
            try await server.kill()
            #expect(try await server.waitForExit() == 143)
            let brief = try await sandbox.start("echo one; exit 4")
            await #expect(throws: SandboxClientError.processExited(code: 4)) {
                try await brief.waitForLine(containing: "two")
            }
            let slow = try await sandbox.start("sleep 1000")
            await #expect(throws: SandboxClientError.timeout) {
                try await slow.waitForExit(timeout: .milliseconds(100))
            }
            #expect(try await sandbox.killAllProcesses() == 1)
        }
    }

    @Test func `sessions keep their state apart, and errors have the API's codes`() async throws {
        try await with { sandbox, _ in
            let one = try await sandbox.createSession("one", env: ["LANG": SecretBytes(Array("C".utf8))], cwd: "/usr")
            _ = try await one.exec("X=1")
            #expect(try await one.exec("echo $X $PWD").stdout == "1 /usr")
            #expect(try await sandbox.inSession("two").exec("echo ${X-none}").stdout == "none")
            #expect(try await sandbox.withoutSession.exec("echo $PPID").isSuccess)
            #expect(try await sandbox.sessions() == ["one", "two"])
            await #expect { try await sandbox.createSession("one") } throws: {
                ($0 as? SandboxClientError)?.code == .sessionAlreadyExists
            }
            try await sandbox.deleteSession("one")
            #expect(try await sandbox.sessions() == ["two"])
        }
    }

    @Test func `files go both ways, whole, in pieces, with progress`() async throws {
        try await with { sandbox, _ in
            try await sandbox.write("grüße\n", to: "deep/text")
            #expect(try await sandbox.readText("deep/text") == "grüße\n")
            let content = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 9) }
            let sent = Mutex<[Int]>([])
            let pieces = AsyncStream<[UInt8]> { continuation in
                for start in stride(from: 0, to: content.count, by: 1_000_000) {
                    continuation.yield(Array(content[start..<start + 1_000_000]))
                }
                continuation.finish()
            }
            try await sandbox.upload(pieces, to: "odd näme &?", size: content.count) { count in
                sent.withLock { $0.append(count) }
            }
            #expect(sent.withLock { $0 } == [1_000_000, 2_000_000, 3_000_000])
            let file = try await sandbox.download("odd näme &?")
            #expect(file.size == content.count)
            #expect(try await file.bytes() == content)
            #expect(try await sandbox.download("odd näme &?", range: 5...9).bytes() == Array(content[5...9]))
            try await sandbox.move("odd näme &?", to: "deep")
            #expect(try await sandbox.list("deep").map(\.name).sorted() == ["odd näme &?", "text"])
            try await sandbox.delete("deep/text")
            #expect(try await sandbox.exists("deep/text") == false)
            await #expect { try await sandbox.download("none") } throws: {
                ($0 as? SandboxClientError)?.code == .fileNotFound
            }
        }
    }

    @Test func `changes of files are told as they happen`() async throws {
        try await with { sandbox, pair in
            for try await change in try await sandbox.watch(pair.workspace, include: ["*.txt"]) {
                switch change {
                case .started:
                    try await sandbox.write("x", to: "ignored.log")
                    try await sandbox.write("x", to: "news.txt")
                case .changed(let kind, let path, let isDirectory):
                    #expect(kind == .create && path == "\(pair.workspace)/news.txt" && !isDirectory)
                    return
                case .missed(let reason): Issue.record("\(reason)")
                }
            }
        }
    }

    @Test func `a terminal takes keys and sizes, shows its screen, and tells its end`() async throws {
        try await with { sandbox, _ in
            let shown = try await sandbox.inSession("t").withTerminal(columns: 90, rows: 20, shell: "sh") {
                terminal,
                screen in
                var shown: [UInt8] = []
                for try await event in screen {
                    switch event {
                    case .ready:
                        try await terminal.resize(columns: 101, rows: 33)
                        try await terminal.write(Array("stty size; exit 5\n".utf8))
                    case .bytes(let bytes): shown += bytes
                    case .exited(let code): #expect(code == 5)
                    }
                }
                return String(decoding: shown, as: UTF8.self)
            }
            #expect(shown.contains("33 101"))
            await #expect { try await sandbox.withTerminal(columns: 0) { _, _ in } } throws: {
                ($0 as? SandboxClientError)?.code == .validationFailed
            }
        }
    }

    @Test func `a terminal without a shell of its session is gone as soon as the session is deleted`() async throws {
        try await with { sandbox, _ in
            try await sandbox.inSession("t").withTerminal(columns: 80, rows: 24, shell: "bash") { _, screen in
                var deleted: ContinuousClock.Instant?
                var code: Int?
                for try await event in screen {
                    switch event {
                    case .ready:
                        deleted = .now
                        try await sandbox.deleteSession("t")
                    case .bytes: continue
                    case .exited(let status): code = status
                    }
                }
                // An interactive bash ignores SIGTERM; the grace time is 5 seconds.
                #expect(code == 137)
                #expect(try ContinuousClock.now - #require(deleted) < .seconds(4))
            }
        }
    }

    @Test func `repositories are cloned and ports exposed`() async throws {
        try await with { sandbox, pair in
            _ = try await sandbox.exec(
                "git init -q r && cd r && git -c user.name=a -c user.email=b commit -q --allow-empty -m 1"
            )
            let clone = try await sandbox.withoutSession.checkOut("file://\(pair.workspace)/r", into: "/tmp/clone")
            #expect(clone.targetDir == "/tmp/clone")
            #expect(try await sandbox.exposePort(8124, name: "x").hasSuffix("/proxy/8124/"))
            #expect(try await sandbox.exposedPorts().map(\.port) == [8124])
            try await sandbox.unexposePort(8124)
            #expect(try await sandbox.exposedPorts().isEmpty)
        }
    }
}
