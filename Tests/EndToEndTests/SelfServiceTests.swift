import Glibc
import HelperClient
import HelperProtocol
import NIOHTTP1
import SandboxAPI
import SandboxTestSupport
import Testing

/// G7: code inside the sandbox cannot use the sandbox's API.
@Suite(.timeLimit(.minutes(20)))
struct SelfServiceTests {
    private static let requests = [
        "-X GET URL/", "-X GET URL/health", "-X HEAD -I URL/health", "-X GET URL/api/ping", "-X GET URL/api/version",
        "-X GET URL/nowhere", "-X OPTIONS URL/api/execute", "-X PUT URL/api/execute",
        "-X POST -d '{\"command\":\"true\"}' URL/api/execute", "-X POST -d '{' URL/api/execute",
        "-H 'X-Forwarded-For: 8.8.8.8' -H 'Host: example.org' -X GET URL/health",
    ]

    /// This host as the sandbox sees it.
    private static let addresses = """
        printf '%s\\n' 127.0.0.1 127.9.9.9 0.0.0.0 localhost '[::1]' '[::]' '[::ffff:127.0.0.1]'
        ip -o -4 addr show scope global | awk '{ split($4, a, "/"); print a[1] }'
        ip -o -6 addr show scope global | awk '{ split($4, a, "/"); print "[" a[1] "]" }'
        """

    @Test(arguments: [NamespaceName.user, .secure])
    func `every route refuses callers from inside, at every address`(from namespace: NamespaceName) async throws {
        try await PairFixture.with { pair in
            let addresses = try await pair.api.output(Self.addresses).split(separator: "\n")
            #expect(addresses.count >= 7)
            for address in addresses {
                let script = Self.requests.map { request in
                    "curl -s -m 20 -o /dev/null -w '%{http_code}\\n' "
                        + request.replacing("URL", with: "http://\(address):\(pair.apiPort)")
                }.joined(separator: "\n")
                let codes = try await pair.api.output(script, namespace: namespace).split(separator: "\n")
                #expect(codes == Self.requests.map { _ in "403" }, "\(address)")
                let jupyter = "curl -s -m 20 -w ' %{http_code}' http://\(address):\(pair.jupyterPort)/api/kernels"
                let refusal = try await pair.api.output(jupyter, namespace: namespace)
                #expect(refusal.contains("PERMISSION_DENIED") && refusal.hasSuffix(" 403"), "\(refusal)")
            }
            let body = try await pair.api.output(
                "curl -s http://127.0.0.1:\(pair.apiPort)/health",
                namespace: namespace
            )
            #expect(body.contains("PERMISSION_DENIED") && !body.contains("guarantees"))
        }
    }

    /// Sends a request that would leave a file behind, in each way in which the sender can make itself hard to find.
    private static func hitAndRun(_ pair: Pair, _ ways: [String]) -> String {
        """
        python3 - <<'EOF'
        import os, socket, struct
        def request(way):
            body = '{"command": "touch \(pair.workspace)/' + way + '"}'
            return ('POST /api/execute HTTP/1.1\\r\\nHost: a\\r\\nContent-Type: application/json\\r\\n'
                    'Content-Length: %d\\r\\n\\r\\n%s' % (len(body), body)).encode()
        for way in \(ways):
            for _ in range(1 if way == 'wait' else 40):
                s = socket.create_connection(('127.0.0.1', \(pair.apiPort)))
                if way == 'reset': s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                s.sendall(request(way))
                if way == 'half': s.shutdown(socket.SHUT_WR)
                if way in ('half', 'wait'): print((s.recv(4096).split(b' ') + [b'cut'])[1].decode())
                if way == 'abandon' and os.fork() == 0: os._exit(0)
                s.close()
        EOF
        """
    }

    @Test(arguments: [NamespaceName.user, .secure])
    func `a request whose sender is gone at once is not carried out`(from namespace: NamespaceName) async throws {
        try await PairFixture.with { pair in
            let ways = ["wait", "close", "reset", "half", "abandon"]
            let codes = try await pair.api.output(Self.hitAndRun(pair, ways), namespace: namespace)
            // A caller that has closed its sending side counts as gone: it may get no answer at all.
            #expect(codes.hasPrefix("403\n"))
            #expect(codes.split(separator: "\n").allSatisfy { ["403", "", "cut"].contains($0) }, "\(codes)")
            // Commands that were admitted before this one would be done by now: it is served after them.
            for _ in 0..<20 { _ = try await pair.api.output("true") }
            for way in ways { #expect(access("\(pair.workspace)/\(way)", F_OK) != 0, "\(way)") }
            #expect(try await pair.client.status().processes.isEmpty)

            // The same bytes from outside do leave the file, so it was not the request that was wrong.
            let outside = try await ChildProcess.run(["sh", "-c", Self.hitAndRun(pair, ["wait"])])
            #expect(outside.output.contains("200"), "\(outside.errors)")
            #expect(access("\(pair.workspace)/wait", F_OK) == 0)
        }
    }

    @Test func `a socket that an outsider hands in stays an outsider's, and the other way round`() async throws {
        try await PairFixture.with { pair in
            // The uid belongs to the socket, whoever uses it: one made inside is refused also when root sends on it.
            let script = """
                python3 - <<'EOF'
                import os, socket
                os.setresuid(\(pair.ids.user), \(pair.ids.user), 0)
                s = socket.create_connection(('127.0.0.1', \(pair.apiPort)))
                os.setresuid(0, 0, 0)
                s.sendall(b'GET /health HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n')
                print(s.recv(4096).split(b' ')[1].decode())
                EOF
                """
            let result = try await ChildProcess.run(["sh", "-c", script])
            #expect(result.output == "403\n", "\(result.errors)")
        }
    }

    @Test func `callers outside are served, and 8888 says that Jupyter is not there`() async throws {
        try await PairFixture.with { pair in
            #expect(try await pair.api.request(.GET, "/health").status == 200)
            for path in ["/", "/api/kernels", "/nowhere"] {
                let answer = try await API(port: pair.jupyterPort).request(.GET, path)
                #expect(answer.status == 501)
                #expect(answer.headers.first(name: "content-type") == "application/json")
                // There is nothing to wait for.
                #expect(!answer.headers.contains(name: "retry-after"))
                #expect(try answer.failure.code == "NOT_IMPLEMENTED")
            }
            // Somebody else's uid on this host is no part of the sandbox either.
            let curl = try await ChildProcess.run([
                "setpriv", "--reuid=65534", "--clear-groups", "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}",
                "http://[::1]:\(pair.apiPort)/api/ping",
            ])
            #expect(curl.output == "200")
        }
    }

    @Test func `a token keeps out whoever lacks it, but not the health check`() async throws {
        let file = "/var/lib/sandbox-tests/token-\(getpid())"
        let token = Canary.make()
        try FileBytes.write(token + "\n", to: file)
        defer { unlink(file) }
        try await PairFixture.with(PairOptions(settings: ["server-access-token-file": file])) { pair in
            let ping = "/api/ping"
            #expect(try await pair.api.request(.GET, "/health").status == 200)
            #expect(try await pair.api.request(.GET, ping).status == 401)
            #expect(try await pair.api.request(.GET, ping, headers: ["x-sandbox-token": "wrong"]).status == 401)
            #expect(try await pair.api.request(.GET, ping, headers: ["authorization": "Bearer \(token)"]).status == 401)
            #expect(try await pair.api.request(.GET, ping, headers: ["x-sandbox-token": token]).status == 200)
            // Inside, the file is covered and the token is of no use.
            let api = ["x-sandbox-token": token]
            for namespace in ["user", "secure"] {
                let body =
                    #"{"command":"cat \#(file); curl -s -o /dev/null -w %{http_code} -H 'X-Sandbox-Token: \#(token)' "#
                    + #"http://127.0.0.1:\#(pair.apiPort)/api/ping","namespace":"\#(namespace)"}"#
                let answer = try await pair.api.post(body, headers: .init(api.map { ($0.key, $0.value) }))
                let response = try answer.decoded(ExecuteResponse.self)
                #expect(response.stdout == "403", "\(response.stderr)")
            }
            #expect(!pair.helper.errors.text.contains(token))
        }
    }
}
