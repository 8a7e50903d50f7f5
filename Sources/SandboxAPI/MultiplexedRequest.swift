/// A frame of the client on `/ws`: a request, or with `type` `cancel` the wish to end one. Its `body` is not here:
/// any JSON value may stand there and is passed on as it is.
public struct MultiplexedRequest: Codable, Sendable {
    /// `request` or `cancel`.
    public var type: String
    /// Names the request in what comes back; the client's choice.
    public var id: String?
    /// `GET`, `POST`, `PUT` or `DELETE`.
    public var method: String?
    /// The path with its query.
    public var path: String?
    /// Further headers.
    public var headers: [String: String]?

    /// Makes a frame.
    public init(type: String, id: String?, method: String?, path: String?, headers: [String: String]?) {
        self.type = type
        self.id = id
        self.method = method
        self.path = path
        self.headers = headers
    }
}
