/// Body of an error of `POST /api/execute/code` before its stream: the API's usual one, with the two fields that older
/// clients read.
public struct CodeErrorBody: Codable, Sendable {
    /// The message once more.
    public var error: String
    /// The context once more.
    public var details: [String: JSONValue]
    /// All the rest.
    public var body: ErrorBody

    private enum CodingKeys: CodingKey {
        case error
        case details
    }

    /// Makes a body.
    public init(_ body: ErrorBody) {
        error = body.message
        details = body.context
        self.body = body
    }

    /// Reads a body.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        error = try fields.decode(String.self, forKey: .error)
        details = try fields.decode([String: JSONValue].self, forKey: .details)
        body = try ErrorBody(from: decoder)
    }

    /// Writes all fields side by side.
    public func encode(to encoder: any Encoder) throws {
        try body.encode(to: encoder)
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(error, forKey: .error)
        try fields.encode(details, forKey: .details)
    }
}
