/// Body of `POST /api/process/start`: what to run, as for ``ExecuteRequest``, and under which name.
public struct ProcessStartRequest: Codable, Sendable {
    /// What to run, where, and for how long.
    public var execute: ExecuteRequest
    /// A name of the caller's choice: letters, digits and `._-`.
    public var processId: String?

    private enum CodingKeys: String, CodingKey {
        case processId
    }

    /// Makes a request.
    public init(execute: ExecuteRequest, processId: String? = nil) {
        self.execute = execute
        self.processId = processId
    }

    /// Reads both parts from one object.
    public init(from decoder: any Decoder) throws {
        execute = try ExecuteRequest(from: decoder)
        processId = try decoder.container(keyedBy: CodingKeys.self).decodeIfPresent(String.self, forKey: .processId)
    }

    /// Writes both parts into one object.
    public func encode(to encoder: any Encoder) throws {
        try execute.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(processId, forKey: .processId)
    }
}
