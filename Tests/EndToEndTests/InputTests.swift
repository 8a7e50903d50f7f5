import SandboxAPI
import SandboxClient
import SandboxTestSupport
import Testing

/// What commands read on their standard input.
@Suite(.timeLimit(.minutes(20)))
struct InputTests {
    /// Where a command can run, and how it is asked to run there.
    enum Place: String, CaseIterable {
        case user, cell, session, cellOfSession, sessionInCell

        func client(_ sandbox: SandboxClient) async throws -> SandboxClient {
            switch self {
            case .user, .cell: return sandbox.withoutSession
            case .session, .cellOfSession: return sandbox.inSession("s")
            case .sessionInCell:
                return try await sandbox.createSession("c", env: ["API_KEY": SecretBytes(Array("k".utf8))])
            }
        }

        var env: [String: String] { self == .cell || self == .cellOfSession ? ["TOKEN": "t"] : [:] }
    }

    private func with(_ body: @Sendable (SandboxClient, Pair) async throws -> Void) async throws {
        try await PairFixture.with { pair in
            try await body(try SandboxClient(baseURL: "http://127.0.0.1:\(pair.apiPort)"), pair)
        }
    }

    /// More than a pipe holds, with every byte in it.
    private static let large = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 9) }

    @Test(arguments: Place.allCases)
    func `input arrives whole, to the byte, and then is at its end`(_ place: Place) async throws {
        try await with { sandbox, _ in
            let client = try await place.client(sandbox)
            let sum = try await client.exec("cksum; cat", env: place.env, stdin: .bytes(Self.large))
            #expect(sum.stdout == Self.checksum(Self.large) && sum.isSuccess)
            let line = try await client.exec(
                "read -r a; read -r b || echo at the end; echo \"$a\"",
                env: place.env,
                stdin: "one line\n"
            )
            #expect(line.stdout == "at the end\none line")
            #expect(try await client.exec("wc -c", env: place.env, stdin: "").stdout == "0")
        }
    }

    @Test(arguments: Place.allCases)
    func `a command that does not read its input neither waits nor fails`(_ place: Place) async throws {
        try await with { sandbox, _ in
            let client = try await place.client(sandbox)
            let input = StandardInput.bytes(Self.large)
            #expect(try await client.exec("(exit 3)", env: place.env, stdin: input).exitCode == 3)
            #expect(try await client.exec("head -c 1 | wc -c", env: place.env, stdin: input).stdout == "1")
            #expect(try await client.exec("exec <&-; echo closed", env: place.env, stdin: input).stdout == "closed")
            #expect(try await client.exec("wc -c", env: place.env, stdin: input).stdout == "3000000")
        }
    }

    @Test(arguments: Place.allCases)
    func `programs open their streams by name`(_ place: Place) async throws {
        try await with { sandbox, _ async throws in
            let client = try await place.client(sandbox)
            let command = "cat /dev/stdin; echo out >/dev/stdout; echo err >/dev/stderr; cat /proc/self/fd/0"
            let result = try await client.exec(command, env: place.env, stdin: "named\n")
            #expect(result.stdout == "named\nout" && result.stderr == "err", "\(result)")
            let process = try await client.start("cat /dev/stdin", env: place.env, stdin: "named")
            #expect(try await process.waitForExit() == 0)
            #expect(try await process.logs().stdout == "named")
        }
    }

    @Test(arguments: Place.allCases)
    func `a stream and a process read input too`(_ place: Place) async throws {
        try await with { sandbox, _ in
            let client = try await place.client(sandbox)
            var output = ""
            for try await event in try await client.stream("tr a-z A-Z", env: place.env, stdin: "followed") {
                if case .stdout(let text) = event { output += text }
            }
            #expect(output == "FOLLOWED")
            let process = try await client.start("cksum", env: place.env, stdin: .bytes(Self.large))
            #expect(try await process.waitForExit() == 0)
            #expect(try await process.logs().stdout == Self.checksum(Self.large) + "\n")
        }
    }

    @Test func `in a session, input changes nothing of how a command runs there`() async throws {
        try await with { sandbox, _ in
            let session = sandbox.inSession("s")
            _ = try await session.exec("cd /usr; twice() { tee /dev/stderr; }")
            let result = try await session.exec("twice; read -r x <<<kept", stdin: "both")
            #expect(result.stdout == "both" && result.stderr == "both")
            #expect(try await session.exec("echo $PWD $x").stdout == "/usr kept")
            #expect(try await session.exec("wc -c").stdout == "0")
        }
    }

    @Test func `what a timed out or left command has not read is gone with it`() async throws {
        try await with { sandbox, pair in
            let server = try #require(pair.serverPID)
            let before = Self.pipes(of: server)
            for client in [sandbox.withoutSession, sandbox.inSession("s")] {
                _ = try? await client.exec("sleep 1000", timeout: .milliseconds(200), stdin: .bytes(Self.large))
                let task = Task { try await client.exec("echo; sleep 1000", stdin: .bytes(Self.large)) }
                task.cancel()
                _ = try? await task.value
            }
            try await sandbox.deleteSession("s")
            // The answer is out a moment before the pipe is closed.
            for _ in 0..<500 where Self.pipes(of: server) > before { _ = try await pair.api.health() }
            #expect(Self.pipes(of: server) <= before)
        }
    }

    @Test func `too much input is refused before anything runs, and says what to do`() async throws {
        try await with { sandbox, _ async throws in
            let most = [UInt8](repeating: 0x61, count: 16_777_216)
            #expect(try await sandbox.exec("wc -c", stdin: .bytes(most)).stdout == "16777216")
            let error = await #expect(throws: SandboxClientError.self) {
                try await sandbox.exec("touch ran", stdin: .bytes(most + [0x61]))
            }
            guard case .server(let body)? = error else { return }
            #expect(body.code == "REQUEST_TOO_LARGE" && body.httpStatus == 413)
            #expect(body.suggestion?.contains("/api/files/raw") == true)
            #expect(try await sandbox.exists("ran") == false)
        }
    }

    @Test(arguments: [#""!""#, #""YQ=a""#, #""YWI=====""#, "7", #""Y""#, #""YQ""#, #""YQ=""#, #""YQ==\n""#])
    func `input that is no base64 is refused, and not repeated`(_ value: String) async throws {
        try await with { _, pair in
            let answer = try await pair.api.post(#"{"command":"cat","stdin":\#(value)}"#)
            #expect(answer.status == 400 && answer.text.contains("stdin"))
            for good in [#""YQ==""#, #""Y\u0051==""#] {
                let answer = try await pair.api.post(#"{"command":"cat","stdin":\#(good)}"#)
                #expect(try answer.decoded(ExecuteResponse.self).stdout == "a", "\(good)")
            }
            let none = try await pair.api.post(#"{"command":"wc -c","stdin":null}"#)
            #expect(try none.decoded(ExecuteResponse.self).stdout == "0")
        }
    }

    /// How many ends of pipes a process has open.
    private static func pipes(of pid: Int32) -> Int {
        DirectoryListing.names("/proc/\(pid)/fd").count {
            ProcessFile.link(pid, "fd/\($0)")?.hasPrefix("pipe:") ?? false
        }
    }

    /// As cksum(1) has it.
    private static func checksum(_ bytes: [UInt8]) -> String {
        var size: [UInt8] = []
        var rest = bytes.count
        while rest > 0 {
            size.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
        var sum: UInt32 = 0
        for byte in bytes + size {
            sum ^= UInt32(byte) << 24
            for _ in 0..<8 { sum = sum & 0x8000_0000 != 0 ? sum << 1 ^ 0x04C1_1DB7 : sum << 1 }
        }
        return "\(~sum) \(bytes.count)"
    }
}
