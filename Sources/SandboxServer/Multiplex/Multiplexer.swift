import FoundationEssentials
import HTTPTypes
import HelperClient
import Hummingbird
import Logging
import NIOCore
import SandboxAPI

/// Answers many requests over one WebSocket, by the same router as those over HTTP.
struct Multiplexer: Sendable {
    private struct Failure: Error {
        var code: String
        var message: String
        var status = 400
    }

    /// Answers one request; never throws.
    typealias Respond = @Sendable (Request, SandboxContext) async -> Response

    let respond: Respond
    let logger: Logger

    /// The endpoint for one socket.
    func serve(
        _ messages: InboundQueue<WebSocketMessage>,
        _ socket: WebSocketWriter,
        from peer: Connection
    ) async throws {
        let requests = MultiplexedRequests()
        try await withThrowingDiscardingTaskGroup { group in
            for try await message in messages {
                var id: String?
                do throws(Failure) {
                    let (frame, body) = try Self.parse(message)
                    id = frame.id
                    if frame.type == "cancel", let id {
                        requests.cancel(id)
                        continue
                    }
                    let (key, request) = try Self.request(frame, body)
                    let connection = peer.nested
                    switch requests.admit(key, connection) {
                    case .admitted: break
                    case .duplicate: throw Failure(code: "INVALID_REQUEST", message: "The id is in use.")
                    case .tooMany:
                        throw Failure(
                            code: "INVALID_REQUEST",
                            message: "More than \(MultiplexedRequests.limit) requests at once.",
                            status: 429
                        )
                    }
                    group.addTask {
                        defer { requests.remove(key, connection) }
                        await answer(request, key, connection, socket) { requests.remove(key, connection) }
                    }
                } catch {
                    try await socket.send(
                        json: MultiplexedError(id: id, code: error.code, message: error.message, status: error.status)
                    )
                }
            }
            // The socket is closed: nobody waits for what is still being done.
            group.cancelAll()
        }
    }

    /// Does one request, unless it is cancelled first; then nothing more is said about it.
    ///
    /// - Parameter release: Frees the id; called before the last frame.
    private func answer(
        _ request: Request,
        _ id: String,
        _ connection: Connection,
        _ socket: WebSocketWriter,
        _ release: @escaping @Sendable () -> Void
    ) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await deliver(request, id, connection, socket, release)
                } catch is CancellationError {
                } catch {
                    logger.debug("A multiplexed request failed.", metadata: ["error": "\(type(of: error))"])
                    let code = error is MultiplexedBody.TooLarge ? "INTERNAL_ERROR" : "STREAM_ERROR"
                    let message =
                        error is MultiplexedBody.TooLarge ? "The answer is too large." : "The stream broke off."
                    let failure = MultiplexedError(id: id, code: code, message: message, status: 500)
                    release()
                    // Fails only when the socket is closed, and then nobody is there to be told.
                    try? await socket.send(json: failure)
                }
            }
            group.addTask { try? await connection.closed.wait() }
            await group.next()
            connection.closed.set(())
            group.cancelAll()
        }
    }

    private func deliver(
        _ request: Request,
        _ id: String,
        _ connection: Connection,
        _ socket: WebSocketWriter,
        _ release: @Sendable () -> Void
    ) async throws {
        let context = SandboxContext(source: .init(logger: logger, connection: connection, isAuthorized: true))
        let response = await respond(request, context)
        let type = response.headers[.contentType] ?? ""
        let kept = MultiplexedBody.Kept()
        let isStream = type.hasPrefix("text/event-stream")
        try await response.body.write(MultiplexedBody(id: id, isStream: isStream, socket: socket, kept: kept))
        guard connection.closed.value == nil else { return }
        release()
        let end = MultiplexedResponse(id: id, status: response.status.code)
        guard type.hasPrefix("application/json"), kept.bytes.readableBytes > 0 else {
            return try await socket.send(json: end)
        }
        var frame = ByteBuffer(bytes: try JSONEncoder().encode(end).dropLast())
        frame.writeString(#","body":"#)
        frame.writeImmutableBuffer(kept.bytes)
        frame.writeString("}")
        try await socket.send(textBytes: frame)
    }

    private static func parse(
        _ message: WebSocketMessage
    ) throws(Failure) -> (MultiplexedRequest, ArraySlice<UInt8>?) {
        let text: [UInt8] =
            switch message {
            case .text(let text): Array(text.utf8)
            case .binary(let bytes): Array(bytes.readableBytesView)
            }
        do {
            let frame = try JSONDecoder().decode(MultiplexedRequest.self, from: Data(text))
            return (frame, JSONMember.value("body", in: text[...]))
        } catch Swift.DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty {
            throw Failure(code: "PARSE_ERROR", message: "Invalid JSON message")
        } catch {
            throw Failure(code: "INVALID_REQUEST", message: "Message must be a valid WSRequest")
        }
    }

    private static func request(
        _ frame: MultiplexedRequest,
        _ body: ArraySlice<UInt8>?
    ) throws(Failure) -> (id: String, Request) {
        let methods: [HTTPRequest.Method] = [.get, .post, .put, .delete]
        guard frame.type == "request", let id = frame.id, id.utf8.count <= 256, let path = frame.path,
            path.hasPrefix("/"), let method = methods.first(where: { $0.rawValue == frame.method })
        else { throw Failure(code: "INVALID_REQUEST", message: "Message must be a valid WSRequest") }
        var head = HTTPRequest(method: method, scheme: "http", authority: "localhost", path: path)
        head.headerFields[.contentType] = "application/json"
        for (name, value) in frame.headers ?? [:] {
            guard let name = HTTPField.Name(name), HTTPField.isValidValue(value) else { continue }
            head.headerFields[name] = value
        }
        // How the frame came says how long the body is.
        for name in [HTTPField.Name.contentLength, .transferEncoding, .connection, .upgrade] {
            head.headerFields[name] = nil
        }
        let bytes = method == .post || method == .put ? body ?? [] : []
        head.headerFields[.contentLength] = String(bytes.count)
        return (id, Request(head: head, body: RequestBody(buffer: ByteBuffer(bytes: bytes))))
    }
}
