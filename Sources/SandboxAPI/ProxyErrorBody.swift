/// Body of an error of `/proxy/{port}`: the API's usual one, with the two fields that older clients read.
public struct ProxyErrorBody: Codable, Sendable {
    /// A short name of the error, such as `Proxy error`.
    public var error: String
    /// The port of the path.
    public var port: Int
    /// All the rest.
    public var body: ErrorBody

    private enum CodingKeys: CodingKey {
        case error
        case port
    }

    /// Makes a body.
    public init(error: String, port: Int, body: ErrorBody) {
        self.error = error
        self.port = port
        self.body = body
    }

    /// Reads a body.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        error = try fields.decode(String.self, forKey: .error)
        port = try fields.decode(Int.self, forKey: .port)
        body = try ErrorBody(from: decoder)
    }

    /// Writes all fields side by side.
    public func encode(to encoder: any Encoder) throws {
        try body.encode(to: encoder)
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(error, forKey: .error)
        try fields.encode(port, forKey: .port)
    }
}
