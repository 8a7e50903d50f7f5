/// Answer of `POST /api/expose-port`, and, without name and times, of the calls that undo it.
public struct ExposePortResponse: Codable, Sendable {
    /// Always true.
    public var success = true
    /// The TCP port.
    public var port: Int
    /// Where the program listens, as seen from inside the sandbox; absent when the port is not exposed any more.
    public var url: String?
    /// The name as it was sent.
    public var name: String?
    /// When it was exposed.
    public var exposedAt: String?
    /// When the answer was made.
    public var timestamp = Timestamp.now()

    /// The answer for a port that is exposed now.
    public init(exposed port: Int, name: String?, at time: String) {
        self.port = port
        url = "http://localhost:\(port)"
        self.name = name
        exposedAt = time
    }

    /// The answer for a port that is not exposed any more.
    public init(unexposed port: Int) {
        self.port = port
    }
}
