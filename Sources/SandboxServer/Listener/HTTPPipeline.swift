import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// The handlers of a connection that speaks HTTP/1.1.
enum HTTPPipeline {
    typealias Parts = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    /// Bytes of one header, and of all of them.
    private static let headerBytes = 80 * 1024
    private static let headerCount = 1000

    /// Puts them in place, on the connection's event loop, before anything is read.
    static func configure(
        _ channel: any Channel,
        _ connectionSwitch: ConnectionSwitch,
        _ deadlines: RequestDeadlines,
        logger: Logger
    ) throws -> Parts {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = headerBytes
        limits.maxHeaderListSize = headerBytes
        limits.maxHeaderFieldCount = headerCount
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(HTTPResponseEncoder())
        try pipeline.addHandler(
            // What comes after a request to leave HTTP belongs to the handlers that take over.
            ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits))
        )
        try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
        try pipeline.addHandler(ExpectationHandler())
        try pipeline.addHandler(RequestDeadlineHandler(deadlines))
        try pipeline.addHandler(connectionSwitch)
        // No idle timeout of its own: `RequestDeadlineHandler` knows who is waiting for whom.
        try pipeline.addHandler(HTTPConnectionStateHandler(idleTimeout: nil, logger: logger))
        return try Parts(
            wrappingChannelSynchronously: channel,
            configuration: .init(isOutboundHalfClosureEnabled: true)
        )
    }
}
