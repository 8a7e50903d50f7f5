import Glibc
import NIOHTTP1
import SandboxAPI
import Testing

@testable import SandboxServer

@Suite(.serialized, .timeLimit(.minutes(1)))
struct CrossOriginTests {
    private static let page = "https://app.example"

    private func with(_ origins: [String], _ body: (ServerFixture) async throws -> Void) async throws {
        try await ServerFixture.with(configure: { $0.crossOrigins = origins }, body)
    }

    @Test func `pages of a listed origin pass, and are told that they may read the answer`() async throws {
        try await with([Self.page]) { server async throws in
            let headers: HTTPHeaders = ["Origin": Self.page, "Sec-Fetch-Site": "cross-site"]
            let answer = try await server.send(.GET, "/api/ping", headers: headers)
            #expect(answer.status == 200 && answer.headers["access-control-allow-origin"] == [Self.page])
            #expect(answer.headers["vary"] == ["Origin"])
            let error = try await server.send(.GET, "/nothing", headers: headers)
            #expect(error.status == 404 && error.headers["access-control-allow-origin"] == [Self.page])
            let other = try await server.send(.GET, "/api/ping", headers: ["Origin": "https://app.example.evil"])
            #expect(other.status == 403 && other.headers["access-control-allow-origin"].isEmpty)
            let image = try await server.send(.GET, "/api/ping", headers: ["Sec-Fetch-Site": "cross-site"])
            #expect(image.status == 403)
        }
    }

    @Test func `a preflight is answered with the route's methods, without a token`() async throws {
        let token = try AccessToken(file: "/token") { _ in Array("0123456789abcdef\n".utf8) }
        try await ServerFixture.with(token: token, configure: { $0.crossOrigins = [Self.page] }) {
            server async throws in
            let headers: HTTPHeaders = [
                "Origin": Self.page, "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "content-type,x-sandbox-token",
            ]
            let answer = try await server.send(.OPTIONS, "/api/execute", headers: headers)
            #expect(answer.status == 204 && answer.headers["access-control-allow-methods"] == ["POST"])
            #expect(answer.headers["access-control-allow-headers"] == ["content-type,x-sandbox-token"])
            #expect(answer.headers["access-control-allow-origin"] == [Self.page])
            #expect(try await server.send(.POST, "/api/execute", "{}", headers: ["Origin": Self.page]).status == 401)
            #expect(try await server.send(.OPTIONS, "/nothing", headers: headers).status == 404)
        }
    }

    @Test func `a preflight from inside the sandbox is refused`() async throws {
        try await ServerFixture.with(
            peers: PeerPolicy(sandboxUIDs: [getuid()]),
            configure: { $0.crossOrigins = ["*"] }
        ) { server async throws in
            let headers: HTTPHeaders = ["Origin": Self.page, "Access-Control-Request-Method": "POST"]
            #expect(try await server.send(.OPTIONS, "/api/execute", headers: headers).status == 403)
        }
    }

    @Test func `a star stands for all origins, a page of our own needs its name listed`() async throws {
        try await with(["*"]) { server async throws in
            let answer = try await server.send(.GET, "/api/ping", headers: ["Origin": Self.page])
            #expect(answer.status == 200 && answer.headers["access-control-allow-origin"] == [Self.page])
        }
        let own: HTTPHeaders = ["Sec-Fetch-Site": "same-origin", "Host": "box.example"]
        try await with([Self.page]) { server async throws in
            #expect(try await server.send(.GET, "/api/ping", headers: own).status == 403)
        }
        try await with(["http://box.example"]) { server async throws in
            #expect(try await server.send(.GET, "/api/ping", headers: own).status == 200)
        }
    }
}
