import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import SandboxAPI

/// Reads JSON bodies, and says what is wrong with them without repeating any of it.
enum RequestDecoding {
    /// - Parameter absent: What an empty body stands for; nil if it is an error.
    static func decode<Value: Decodable>(
        _ type: Value.Type,
        from request: Request,
        limit: Int,
        whenEmpty absent: Value? = nil
    ) async throws -> Value {
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit { throw tooLarge(limit) }
        var buffer: ByteBuffer
        do {
            buffer = try await request.body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw tooLarge(limit)
        } catch {
            // Broken chunks, or a caller that went away: nothing of the body is known to be whole.
            throw APIError(.validationFailed, "The request's body did not arrive whole.")
        }
        if let absent, buffer.readableBytes == 0 { return absent }
        // The body may hold credentials: neither the buffer nor the copy for the decoder is left as it is.
        var data = Data(buffer.readableBytesView)
        defer {
            data.resetBytes(in: data.startIndex..<data.endIndex)
            buffer.setRepeatingByte(0, count: buffer.readableBytes, at: buffer.readerIndex)
        }
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch let error as Swift.DecodingError {
            throw explain(error)
        }
    }

    private static func tooLarge(_ limit: Int) -> APIError {
        APIError(.requestTooLarge, "The request's body must have at most \(limit) bytes.")
    }

    private static func explain(_ error: Swift.DecodingError) -> APIError {
        switch error {
        case .typeMismatch(let type, let context): return mismatch(context.codingPath, "must be \(word(type))")
        case .valueNotFound(let type, let context): return mismatch(context.codingPath, "must be \(word(type))")
        case .keyNotFound(let key, _): return .invalid(key.stringValue, "is missing")
        case .dataCorrupted(let context) where !context.codingPath.isEmpty:
            return mismatch(context.codingPath, "has a value that is not allowed")
        default: return APIError(.validationFailed, "The request's body is not valid JSON.")
        }
    }

    private static func mismatch(_ path: [any CodingKey], _ problem: String) -> APIError {
        guard !path.isEmpty else { return .invalid("body", "must be a JSON object") }
        // A key below `env` is a variable's name only if it looks like one; otherwise it may be a misplaced value.
        let names = path.map(\.stringValue).filter { $0.utf8.count <= 256 && VariableName.isValid($0.utf8) }
        return .invalid(names.joined(separator: "."), problem)
    }

    private static func word(_ type: Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Bool.Type: "true or false"
        case is any BinaryInteger.Type: "a whole number"
        default: "a JSON object"
        }
    }
}
