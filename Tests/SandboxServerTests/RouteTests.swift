import Glibc
import HelperProtocol
import NIOHTTP1
import SandboxAPI
import SandboxClient
import Testing

@testable import SandboxServer

@Suite(.serialized, .timeLimit(.minutes(1)))
struct RouteTests {
    @Test func `ping, version and root answer`() async throws {
        try await ServerFixture.with { server async throws in
            let ping: PingResponse = try await server.send(.GET, "/api/ping").decoded()
            #expect(ping.success && ping.status == "healthy" && ping.message == "pong")
            #expect(try await server.send(.GET, "/api/version").status == 200)
            #expect(try await server.send(.GET, "/").status == 200)
        }
    }

    @Test func `health tells mode, guarantees and namespaces`() async throws {
        try await ServerFixture.with { server async throws in
            let answer = try await server.send(.GET, "/health")
            let health: HealthResponse = try answer.decoded()
            #expect(answer.status == 200 && health.mode == "namespaces" && health.isolation == "full")
            #expect(health.guarantees.map(\.id) == (1...10).map { "G\($0)" })
            #expect(health.guarantees.filter { !$0.held }.map(\.id) == ["G9"])
            #expect(health.namespaces.map(\.name) == ["user"] && health.warning == nil)
        }
    }

    @Test(arguments: [["Origin": "http://page.example"], ["Sec-Fetch-Site": "cross-site"], ["Origin": "null"]])
    func `a page in a browser is refused, whatever it sends`(_ headers: [String: String]) async throws {
        try await ServerFixture.with { server async throws in
            let answer = try await server.send(
                .POST,
                "/api/execute",
                #"{"command": "true"}"#,
                headers: .init(headers.map { ($0.key, $0.value) })
            )
            #expect(answer.status == 403)
            #expect(try answer.decoded(ErrorBody.self).code == "PERMISSION_DENIED")
            let typedIn = try await server.send(.GET, "/health", headers: ["Sec-Fetch-Site": "none"])
            #expect(typedIn.status == 200)
        }
    }

    @Test func `unknown paths are 404, known paths with another method 405 with Allow`() async throws {
        try await ServerFixture.with { server async throws in
            let unknown = try await server.send(.GET, "/nothing")
            #expect(unknown.status == 404)
            #expect(try unknown.decoded(ErrorBody.self).code == "UNKNOWN_ERROR")
            for method in [HTTPMethod.GET, .PUT, .PATCH, .DELETE, .HEAD] {
                let answer = try await server.send(method, "/api/execute")
                #expect(answer.status == 405 && answer.headers["allow"] == ["POST"])
            }
            #expect(try await server.send(.HEAD, "/health").status == 200)
            let options = try await server.send(.OPTIONS, "/api/execute")
            #expect(options.status == 204 && options.headers["allow"] == ["POST"])
            #expect(options.headers["access-control-allow-origin"].isEmpty)
        }
    }

    @Test func `callers of the sandbox's uid are refused on every route`() async throws {
        try await ServerFixture.with(peers: PeerPolicy(sandboxUIDs: [getuid()])) { server async throws in
            for path in ["/health", "/", "/api/ping", "/nothing"] {
                let answer = try await server.send(.GET, path)
                #expect(answer.status == 403)
                #expect(try answer.decoded(ErrorBody.self).code == "PERMISSION_DENIED")
            }
            #expect(try await server.execute(ExecuteRequest(command: "true")).status == 403)
            #expect(server.helper.spawned.isEmpty)
        }
    }

    @Test func `in mode landlock the token tells callers of the one uid apart, and in no other`() async throws {
        let token = try AccessToken(file: "/token") { _ in Array("0123456789abcdef\n".utf8) }
        for (mode, status) in [(IsolationMode.landlock, 200), (.namespaces, 403)] {
            let peers = PeerPolicy(sandboxUIDs: [getuid()])
            try await ServerFixture.with(mode: mode, token: token, peers: peers) { server async throws in
                for path in ["/health", "/api/ping"] {
                    #expect(try await server.send(.GET, path).status == 403)
                    let wrong = try await server.send(.GET, path, headers: ["X-Sandbox-Token": "0123456789abcdeF"])
                    #expect(wrong.status == 403)
                    let right = try await server.send(.GET, path, headers: ["X-Sandbox-Token": "0123456789abcdef"])
                    #expect(right.status == status, "\(mode) \(path)")
                }
            }
        }
    }

    @Test func `with a token every route but health needs it`() async throws {
        let token = try AccessToken(file: "/token") { _ in Array("0123456789abcdef\n".utf8) }
        try await ServerFixture.with(token: token) { server async throws in
            #expect(try await server.send(.GET, "/health").status == 200)
            #expect(try await server.send(.GET, "/api/ping").status == 401)
            let wrong = try await server.send(.GET, "/api/ping", headers: ["X-Sandbox-Token": "0123456789abcdeF"])
            #expect(wrong.status == 401)
            let right = try await server.send(.GET, "/api/ping", headers: ["X-Sandbox-Token": "0123456789abcdef"])
            #expect(right.status == 200)
            let secret = SecretBytes(Array("0123456789abcdef".utf8))
            let client = try SandboxClient(baseURL: server.url, accessToken: secret)
            #expect(try await client.exec("echo hello").stdout == "hello")
        }
    }

    @Test func `the client library runs commands and shows errors`() async throws {
        try await ServerFixture.with { server async throws in
            let client = try SandboxClient(baseURL: server.url)
            let result = try await client.exec("echo $KEY; exit 2", env: ["KEY": "v"], timeout: .seconds(20))
            #expect(result.stdout == "v" && result.exitCode == 2 && result.namespace == "secure")
            #expect(try await client.health().status == "healthy")
            do {
                _ = try await client.exec("")
                Issue.record("an empty command must be refused")
            } catch SandboxClientError.server(let body) {
                #expect(body.code == "INVALID_COMMAND")
            }
        }
    }

    @Test func `Jupyter's port says that there is no Jupyter`() async throws {
        try await ServerFixture.with(jupyter: true) { server async throws in
            let answer = try await server.send(.GET, "/api/kernels")
            #expect(answer.status == 501 && !answer.headers.contains(name: "retry-after"))
            #expect(try answer.decoded(ErrorBody.self).code == "NOT_IMPLEMENTED")
        }
        try await ServerFixture.with(peers: PeerPolicy(sandboxUIDs: [getuid()]), jupyter: true) { server async throws in
            #expect(try await server.send(.GET, "/").status == 403)
        }
    }

    @Test func `a flood from this host is turned away, not served`() async throws {
        try await ServerFixture.with(configure: { $0.maximumLoopbackConnections = 1 }) { server async throws in
            async let first = server.run("sleep 1; echo first")
            while server.helper.runningCount == 0 { try? await Task.sleep(for: .milliseconds(5)) }
            await #expect(throws: (any Error).self) { _ = try await server.send(.GET, "/api/ping") }
            #expect(try await first.stdout == "first")
        }
    }
}
