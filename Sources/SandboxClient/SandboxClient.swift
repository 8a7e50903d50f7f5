import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
public import SandboxAPI

/// Talks to the HTTP API of a sandbox.
///
/// ```swift
/// try await SandboxClient.withClient { sandbox in
///     let listing = try await sandbox.exec("ls -l")
///     print(listing.stdout)
/// }
/// ```
///
/// Values and calls may be used from any number of tasks. Errors are ``SandboxClientError``.
public struct SandboxClient: Sendable {
    /// Where a server listens by default.
    public static let defaultBaseURL = "http://localhost:8080"

    private let baseURL: String
    private let accessToken: SecretBytes?
    private let http: HTTPClient

    /// Makes a client that uses the process's shared connections.
    ///
    /// - Parameters:
    ///   - baseURL: The server, such as `http://localhost:8080`.
    ///   - accessToken: What the server wants in `X-Sandbox-Token`, if it wants any.
    public init(
        baseURL: String = SandboxClient.defaultBaseURL,
        accessToken: SecretBytes? = nil
    )
        throws(SandboxClientError)
    {
        try self.init(baseURL, accessToken, .shared)
    }

    private init(_ baseURL: String, _ accessToken: SecretBytes?, _ http: HTTPClient) throws(SandboxClientError) {
        guard baseURL.hasPrefix("http://") || baseURL.hasPrefix("https://") else { throw .invalidURL }
        self.baseURL = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
        self.accessToken = accessToken
        self.http = http
    }

    /// Makes a client with connections of its own, which are closed when `body` is over.
    public static func withClient<Result>(
        baseURL: String = SandboxClient.defaultBaseURL,
        accessToken: SecretBytes? = nil,
        _ body: (SandboxClient) async throws -> Result
    ) async throws -> Result {
        let http = HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup)
        do {
            let result = try await body(try SandboxClient(baseURL, accessToken, http))
            try await http.shutdown()
            return result
        } catch {
            // The first error is the one that tells something.
            try? await http.shutdown()
            throw error
        }
    }

    /// Runs a command to its end.
    ///
    /// - Parameters:
    ///   - command: For the sandbox's shell.
    ///   - env: Variables of this command alone. With any that may be a credential the command runs in a cell of its
    ///     own, and whatever it leaves running is ended with it.
    ///   - cwd: Absolute working directory; the workspace if nil.
    ///   - timeout: When to end the command and everything it started; nil for the server's default.
    public func exec(
        _ command: String,
        env: [String: String] = [:],
        cwd: String? = nil,
        timeout: Duration? = nil
    ) async throws(SandboxClientError) -> ExecResult {
        let request = ExecuteRequest(
            command: command,
            env: env.mapValues { SecretBytes(Array($0.utf8)) },
            cwd: cwd,
            timeoutMs: timeout.map(\.wholeMilliseconds)
        )
        let response: ExecuteResponse = try await send(.post, "/api/execute", body: request)
        return ExecResult(
            exitCode: response.exitCode,
            stdout: response.stdout,
            stderr: response.stderr,
            namespace: response.namespace.rawValue,
            isTruncated: response.stdoutTruncated == true || response.stderrTruncated == true
        )
    }

    /// What is running and which guarantees hold; also when the server says that it cannot run commands.
    public func health() async throws(SandboxClientError) -> HealthResponse {
        let (status, data) = try await exchange(.get, "/health", body: nil)
        return try decode(data, status)
    }

    private enum Method { case get, post }

    private func send<Answer: Decodable>(
        _ method: Method,
        _ path: String,
        body: some Encodable
    )
        async throws(SandboxClientError) -> Answer
    {
        guard let data = try? JSONEncoder().encode(body) else { throw .unexpectedAnswer(status: 0) }
        let (status, answer) = try await exchange(method, path, body: data)
        guard status == 200 else {
            guard let error = try? JSONDecoder().decode(ErrorBody.self, from: answer) else {
                throw .unexpectedAnswer(status: status)
            }
            throw .server(error)
        }
        return try decode(answer, status)
    }

    private func decode<Answer: Decodable>(_ data: Data, _ status: Int) throws(SandboxClientError) -> Answer {
        if let answer = try? JSONDecoder().decode(Answer.self, from: data) { return answer }
        if let error = try? JSONDecoder().decode(ErrorBody.self, from: data) { throw .server(error) }
        throw .unexpectedAnswer(status: status)
    }

    private func exchange(
        _ method: Method,
        _ path: String,
        body: Data?
    )
        async throws(SandboxClientError) -> (Int, Data)
    {
        var request = HTTPClientRequest(url: baseURL + path)
        request.method = method == .post ? .POST : .GET
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        if let accessToken { request.headers.add(name: "x-sandbox-token", value: accessToken.headerValue) }
        do {
            // A command may take any time; its limit is the server's business.
            let response = try await http.execute(request, deadline: .distantFuture)
            var answer = try await response.body.collect(upTo: 1 << 30)
            return (Int(response.status.code), Data(answer.readBytes(length: answer.readableBytes) ?? []))
        } catch let error as HTTPClientError {
            throw .unreachable(error.shortDescription)
        } catch {
            throw .unreachable("\(type(of: error))")
        }
    }
}

extension Duration {
    /// At least one, because zero means no limit, and at most what the server takes.
    fileprivate var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        guard seconds < Int64(Int32.max) / 1000 else { return Int(Int32.max) }
        return max(1, Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000))
    }
}

extension SecretBytes {
    fileprivate var headerValue: String {
        String(unsafeUninitializedCapacity: count) { buffer in
            copy(to: UnsafeMutableRawBufferPointer(buffer))
            return count
        }
    }
}
