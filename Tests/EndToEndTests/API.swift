import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import SandboxAPI

/// Speaks to a pair's HTTP API as somebody on this host who is no part of the sandbox: root.
///
/// Every call has a connection of its own. A connection made while no server runs waits in the queue of the socket
/// that the helper holds, so that an answer is also the event that a new server has started.
struct API: Sendable {
    let port: UInt16

    /// For the whole run. The shared client has eight connections to a host: calls that wait for each other need more.
    static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration.singletonConfiguration
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// Sends one request and reads the whole answer.
    func request(
        _ method: HTTPMethod,
        _ path: String,
        body: [UInt8]? = nil,
        headers: HTTPHeaders = [:]
    )
        async throws -> Answer
    {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = method
        request.headers = headers
        request.headers.add(name: "connection", value: "close")
        if let body {
            request.headers.replaceOrAdd(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        let response = try await API.client.execute(request, timeout: .seconds(240))
        let content = try await response.body.collect(upTo: 256 << 20)
        return Answer(
            status: Int(response.status.code),
            headers: response.headers,
            body: Array(content.readableBytesView)
        )
    }

    /// Posts a body to `/api/execute` as it is.
    func post(_ body: String, headers: HTTPHeaders = [:]) async throws -> Answer {
        try await request(.POST, "/api/execute", body: Array(body.utf8), headers: headers)
    }

    /// Posts an execute request; the answer may be an error.
    func attempt(_ request: ExecuteRequest) async throws -> Answer {
        try await self.request(.POST, "/api/execute", body: Array(JSONEncoder().encode(request)))
    }

    /// The id by which a command asks for no session: a shell of its own, as these tests want it unless they are about
    /// sessions.
    static let sessionless = "__DISABLE_SESSION__"

    /// Runs a command that must get an answer of status 200.
    func execute(
        _ command: String,
        env: [String: String] = [:],
        cwd: String? = nil,
        timeoutMs: Int? = nil,
        namespace: NamespaceName? = nil,
        session: String? = sessionless
    ) async throws -> ExecuteResponse {
        let request = ExecuteRequest(
            command: command,
            env: env.mapValues { SecretBytes(Array($0.utf8)) },
            cwd: cwd,
            timeoutMs: timeoutMs,
            sessionId: session,
            namespace: namespace
        )
        let answer = try await attempt(request)
        guard answer.status == 200 else { throw UnexpectedAnswer(answer) }
        return try answer.decoded(ExecuteResponse.self)
    }

    /// What a command wrote to standard output; it must exit with 0.
    func output(
        _ command: String,
        env: [String: String] = [:],
        namespace: NamespaceName? = nil,
        session: String? = sessionless
    )
        async throws -> String
    {
        let response = try await execute(command, env: env, namespace: namespace, session: session)
        guard response.success else { throw FailedCommand(exitCode: response.exitCode, text: response.stderr) }
        return response.stdout
    }

    /// The report of `/health`, whatever its status.
    func health() async throws -> HealthResponse {
        try await request(.GET, "/health").decoded(HealthResponse.self)
    }
}
