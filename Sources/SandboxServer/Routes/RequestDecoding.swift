import FoundationEssentials
import HTTPTypes
import Hummingbird
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
        var data = try await RequestBytes.collect(request, limit: limit)
        // The body may hold credentials.
        defer { data.resetBytes(in: data.startIndex..<data.endIndex) }
        if let absent, data.isEmpty { return absent }
        do {
            guard let carrier = type as? any SecretCarrying.Type else {
                return try decode(type, from: data, JSONDecoder())
            }
            let (text, vault) = try data.withUnsafeBytes {
                try SecretScanner.separate($0.bindMemory(to: UInt8.self), paths: carrier.secretPaths)
            }
            let decoder = JSONDecoder()
            decoder.userInfo[SecretVault.userInfoKey] = vault
            return try decode(type, from: Data(text), decoder)
        } catch let error as Swift.DecodingError {
            throw explain(error)
        } catch is SecretScanner.Malformed {
            throw APIError(.validationFailed, "The request's body is not valid JSON.")
        }
    }

    private static func decode<Value: Decodable>(
        _ type: Value.Type,
        from data: Data,
        _ decoder: JSONDecoder
    ) throws -> Value {
        do {
            return try decoder.decode(type, from: data)
        } catch let error as Swift.DecodingError {
            guard case .dataCorrupted(let context) = error, context.codingPath.isEmpty,
                let names = NumberSearch.path(to: type, in: data)
            else { throw error }
            throw mismatch(names, "must be a whole number of 64 bits")
        }
    }

    private static func explain(_ error: Swift.DecodingError) -> APIError {
        switch error {
        case .typeMismatch(let type, let context): return mismatch(names(context), "must be \(word(type))")
        case .valueNotFound(let type, let context): return mismatch(names(context), "must be \(word(type))")
        case .keyNotFound(let key, _): return .invalid(key.stringValue, "is missing")
        case .dataCorrupted(let context) where !context.codingPath.isEmpty:
            return mismatch(names(context), "has a value that is not allowed")
        default: return APIError(.validationFailed, "The request's body is not valid JSON.")
        }
    }

    private static func names(_ context: Swift.DecodingError.Context) -> [String] {
        context.codingPath.map(\.stringValue)
    }

    private static func mismatch(_ path: [String], _ problem: String) -> APIError {
        guard !path.isEmpty else { return .invalid("body", "must be a JSON object") }
        // A key below `env` is a variable's name only if it looks like one; otherwise it may be a misplaced value.
        let names = path.filter { $0.utf8.count <= 256 && VariableName.isValid($0.utf8) }
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
