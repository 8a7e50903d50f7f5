import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore

/// Answers in JSON.
enum JSONResponse {
    /// Encodes a value. What cannot be encoded is a defect of ours and gives an empty 500.
    /// - Parameter shares: Kept until the answer has been read or its reader is gone.
    static func make(
        _ value: some Encodable,
        status: HTTPResponse.Status = .ok,
        headers: HTTPFields = [:],
        holding shares: [OutputMemory.Share] = []
    )
        -> Response
    {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else { return Response(status: .internalServerError) }
        var headers = headers
        headers[.contentType] = "application/json"
        headers[.cacheControl] = "no-store"
        let buffer = ByteBuffer(bytes: data)
        let body = ResponseBody(contentLength: buffer.readableBytes) { writer in
            try await writer.write(buffer)
            try await writer.finish(nil)
            withExtendedLifetime(shares) {}
        }
        return Response(status: status, headers: headers, body: body)
    }
}
