/// Body of every answer that is not a success.
public struct ErrorBody: Codable, Sendable, Hashable {
    /// What kind of error it is; one of ``ErrorCode``, or a newer server's.
    public var code: String
    /// One sentence for people.
    public var message: String
    /// Details, by code.
    public var context: [String: JSONValue]
    /// What was being done, such as `command.execute`.
    public var operation: String?
    /// The HTTP status of the answer.
    public var httpStatus: Int
    /// When the answer was made.
    public var timestamp: String
    /// What to do about it.
    public var suggestion: String?

    /// Makes a body.
    public init(
        code: ErrorCode,
        message: String,
        context: [String: JSONValue] = [:],
        operation: String? = nil,
        suggestion: String? = nil
    ) {
        self.code = code.rawValue
        self.message = message
        self.context = context
        self.operation = operation
        httpStatus = code.httpStatus
        timestamp = Timestamp.now()
        self.suggestion = suggestion
    }
}
