import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import SandboxAPI

/// Sends requests and takes answers, and maps everything that can go wrong to ``SandboxClientError``.
struct Transport: Sendable {
    /// One request. A body is sent as it is.
    struct Request: Sendable {
        var method: HTTPMethod
        /// With its query, percent-encoded.
        var path: String
        var body: HTTPClientRequest.Body?
        var contentType: String?
        var headers: [(name: String, value: String)] = []

        init(_ method: HTTPMethod, _ path: String) {
            self.method = method
            self.path = path
        }
    }

    /// The largest answer that is taken in one piece.
    private static let answerLimit = 1 << 30
    /// How often a request is sent at most.
    private static let attempts = 4

    /// Without a slash at its end.
    let baseURL: String
    let accessToken: SecretBytes?
    let connections: Connections

    /// Sends a request with a JSON body and decodes the answer.
    func send<Answer: Decodable>(
        _ method: HTTPMethod,
        _ path: String,
        body: some Encodable
    ) async throws(SandboxClientError) -> Answer {
        try decode(try await collect(try await response(to: try Self.request(method, path, body))))
    }

    /// Sends a request without a body and decodes the answer.
    func send<Answer: Decodable>(_ method: HTTPMethod, _ path: String) async throws(SandboxClientError) -> Answer {
        try decode(try await collect(try await response(to: Request(method, path))))
    }

    /// Sends a request whose answer is a stream of events.
    func events(_ request: Request) async throws(SandboxClientError) -> EventSource {
        EventSource(try await response(to: request).body)
    }

    static func request(
        _ method: HTTPMethod,
        _ path: String,
        _ body: some Encodable
    ) throws(SandboxClientError) -> Request {
        var request = Request(method, path)
        guard let data = try? JSONEncoder().encode(body) else { throw .unexpectedAnswer(status: 0) }
        request.body = .bytes(ByteBuffer(bytes: data))
        request.contentType = "application/json"
        return request
    }

    /// The answer to a request, if it is a success.
    ///
    /// Repeated are requests that change nothing (GET and HEAD) when the connection breaks, and any request that was
    /// answered with 503, with which this API says that nothing has been done yet.
    func response(to request: Request) async throws(SandboxClientError) -> HTTPClientResponse {
        var attempt = 1
        while true {
            let isLast = attempt == Self.attempts
            var pause = Duration.milliseconds(100 << attempt)
            do throws(SandboxClientError) {
                let response = try await once(request)
                guard response.status.code >= 400 else { return response }
                let wait = response.headers.first(name: "retry-after").flatMap { Int($0) }
                let body = try await collect(response)
                // The health answer has a form of its own, whatever its status.
                guard let error = try? JSONDecoder().decode(ErrorBody.self, from: body) else {
                    throw SandboxClientError.unexpectedAnswer(status: Int(response.status.code))
                }
                guard response.status.code == 503, let wait, !isLast, request.isRepeatable else {
                    throw SandboxClientError.server(error)
                }
                pause = .seconds(min(wait, 10))
            } catch {
                guard case .unreachable = error, request.changesNothing, !isLast else { throw error }
            }
            attempt += 1
            do { try await Task.sleep(for: pause) } catch { throw .cancelled }
        }
    }

    /// The answer to a request, whatever its status.
    func once(_ request: Request) async throws(SandboxClientError) -> HTTPClientResponse {
        var message = HTTPClientRequest(url: baseURL + request.path)
        message.method = request.method
        message.body = request.body
        if let type = request.contentType { message.headers.add(name: "content-type", value: type) }
        for header in request.headers { message.headers.add(name: header.name, value: header.value) }
        if let accessToken { message.headers.add(name: "x-sandbox-token", value: accessToken.headerValue) }
        do {
            // A command may take any time; its limit is the server's business.
            return try await connections.http.execute(message, deadline: .distantFuture)
        } catch {
            throw SandboxClientError(transport: error)
        }
    }

    func collect(_ response: HTTPClientResponse) async throws(SandboxClientError) -> Data {
        do {
            let body = try await response.body.collect(upTo: Self.answerLimit)
            return Data(body.readableBytesView)
        } catch {
            throw SandboxClientError(transport: error)
        }
    }

    func decode<Answer: Decodable>(_ data: Data) throws(SandboxClientError) -> Answer {
        do { return try JSONDecoder().decode(Answer.self, from: data) } catch { throw .unexpectedAnswer(status: 200) }
    }
}

extension Transport.Request {
    fileprivate var changesNothing: Bool { method == .GET || method == .HEAD }

    /// A body that is read as it is sent cannot be sent twice.
    fileprivate var isRepeatable: Bool { body == nil || contentType == "application/json" }
}

extension SecretBytes {
    /// The value as a header carries it.
    var headerValue: String {
        String(unsafeUninitializedCapacity: count) { buffer in
            copy(to: UnsafeMutableRawBufferPointer(buffer))
            return count
        }
    }
}
