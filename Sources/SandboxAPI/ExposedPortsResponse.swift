/// Answer of `GET /api/exposed-ports`.
public struct ExposedPortsResponse: Codable, Sendable {
    /// Always true.
    public var success = true
    /// By number.
    public var ports: [ExposedPort]
    /// How many there are.
    public var count: Int
    /// When the answer was made.
    public var timestamp = Timestamp.now()

    /// Makes an answer.
    public init(ports: [ExposedPort]) {
        self.ports = ports
        count = ports.count
    }
}
