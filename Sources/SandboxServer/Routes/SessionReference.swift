import HTTPTypes
import Hummingbird

/// Which session a request means.
enum SessionReference {
    /// The body's id; else, because clients of this API may name it there, `Authorization: Bearer`, `X-Session-Id`, and
    /// the query's `session` or `sessionId`; else the default session.
    ///
    /// - Throws: `VALIDATION_FAILED` for ids that are blank, hold a NUL or are longer than 256 bytes.
    static func id(_ body: String?, _ request: Request) throws(APIError) -> String {
        // Not the header's: a caller may take it for a place for tokens.
        AuditNote.add { $0.session = present(body) }
        return try checked(present(body) ?? header(request) ?? query(request) ?? SessionTable.defaultID)
    }

    /// The body's id, else the default session: for routes that know no other place.
    static func id(_ body: String?) throws(APIError) -> String {
        AuditNote.add { $0.session = present(body) }
        return try checked(present(body) ?? SessionTable.defaultID)
    }

    /// An id that is good for a session.
    static func checked(_ id: String) throws(APIError) -> String {
        guard !id.allSatisfy(\.isWhitespace), id.utf8.count <= 256, !id.utf8.contains(0) else {
            throw .invalid("sessionId", "must be a text of 1 to 256 bytes that is not blank")
        }
        return id
    }

    private static func present(_ id: String?) -> String? { id.flatMap { $0.isEmpty ? nil : $0 } }

    private static func header(_ request: Request) -> String? {
        if let value = request.headers[.authorization], value.lowercased().hasPrefix("bearer ") {
            return present(String(value.dropFirst(7)))
        }
        return present(request.headers[.xSessionID])
    }

    private static func query(_ request: Request) -> String? {
        present(request.uri.queryParameters["session"].map(String.init))
            ?? present(request.uri.queryParameters["sessionId"].map(String.init))
    }
}

extension HTTPField.Name {
    static let xSessionID: HTTPField.Name = {
        guard let name = HTTPField.Name("X-Session-Id") else { preconditionFailure("the name is valid") }
        return name
    }()
}
