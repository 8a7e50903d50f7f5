/// A port that the proxy leads to.
public struct ExposedPort: Codable, Sendable, Equatable {
    /// The TCP port.
    public var port: Int
    /// Where the program listens, as seen from inside the sandbox.
    public var url: String
    /// `active` if something listens there now, else `inactive`.
    public var status: String
    /// The name it was exposed with.
    public var name: String?
    /// When it was exposed.
    public var exposedAt: String

    /// Makes an entry.
    public init(port: Int, status: String, name: String?, exposedAt: String) {
        self.port = port
        url = "http://localhost:\(port)"
        self.status = status
        self.name = name
        self.exposedAt = exposedAt
    }
}
