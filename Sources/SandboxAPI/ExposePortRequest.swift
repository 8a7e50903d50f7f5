/// Body of `POST /api/expose-port`, and of `DELETE /api/unexpose-port`, where only the port counts.
public struct ExposePortRequest: Codable, Sendable {
    /// The TCP port that a program in the sandbox listens on.
    public var port: Int
    /// A name for people.
    public var name: String?
    /// Accepted and not used: ports belong to the whole sandbox.
    public var sessionId: String?

    /// Makes a body.
    public init(port: Int, name: String? = nil, sessionId: String? = nil) {
        self.port = port
        self.name = name
        self.sessionId = sessionId
    }
}
