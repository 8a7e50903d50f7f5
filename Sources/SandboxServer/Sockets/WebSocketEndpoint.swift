import HTTPTypes
import HelperClient
import Hummingbird
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1
import NIOWebSocket
import SandboxAPI

/// What is spoken over one WebSocket. The messages end when the socket does; the socket is closed when the endpoint
/// returns, with 1000, or throws: with the code of a ``WebSocketClosure``, or 1011.
typealias WebSocketEndpoint = @Sendable (InboundQueue<WebSocketMessage>, WebSocketWriter) async throws -> Void

extension UpgradeOffer {
    /// Accepts a WebSocket (RFC 6455, 4.2.2) and gives the answer that the route must return.
    ///
    /// - Throws: ``APIError`` if the request is no proper opening handshake.
    func acceptWebSocket(
        _ request: Request,
        limits: WebSocketLimits = WebSocketLimits(),
        _ endpoint: @escaping WebSocketEndpoint
    ) async throws -> Response {
        let headers = try await Self.handshake(request, channel)
        accepted.set(
            Upgrade { takeover, headers in
                let (messages, writer) = try await takeover.install(headers: headers) { eventLoop in
                    let gate = ReadGate()
                    let queue = InboundQueue<WebSocketMessage>.makeSequence(
                        backPressureStrategy: InboundQueue<WebSocketMessage>.strategy,
                        finishOnDeinit: false,
                        delegate: ReadDemand(gate, eventLoop)
                    )
                    let handler = WebSocketHandler(limits, queue.source, gate)
                    let decoder = ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: limits.messageBytes))
                    return (
                        [WebSocketFrameEncoder(), decoder, handler],
                        (queue.sequence, WebSocketWriter(handler, eventLoop))
                    )
                }
                do {
                    try await endpoint(messages, writer)
                    writer.close(.normal)
                } catch let closure as WebSocketClosure {
                    writer.close(closure)
                } catch is CancellationError {
                    writer.close(.goingAway)
                } catch {
                    writer.close(.serverError)
                }
                // The connection closes itself: the caller's answer ends it, or its absence.
                try await takeover.channel.closeFuture.get()
            }
        )
        return Response(status: .switchingProtocols, headers: headers)
    }

    private static func handshake(_ request: Request, _ channel: any Channel) async throws -> HTTPFields {
        let isBare = request.headers[.transferEncoding] == nil && (request.headers[.contentLength] ?? "0") == "0"
        guard request.method == .get, isBare, request.headers[.upgrade]?.lowercased() == "websocket" else {
            throw APIError(.validationFailed, "The request is no opening of a WebSocket.")
        }
        let upgrader = NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() }
        )
        do {
            let head = try HTTPRequestHead(request.head)
            let headers = try await channel.eventLoop.flatSubmit {
                upgrader.buildUpgradeResponse(channel: channel, upgradeRequest: head, initialResponseHeaders: [:])
            }.get()
            return HTTPFields(headers, splitCookie: false)
        } catch {
            throw APIError(.validationFailed, "The opening of the WebSocket lacks its key or asks for another version.")
        }
    }
}
