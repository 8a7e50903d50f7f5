import HTTPTypes
import NIOHTTP1
import NIOHTTPTypesHTTP1

/// What of a request and of an answer is passed on. Pure.
enum ProxyHeaders {
    /// Meant for the next hop only (RFC 9110, 7.6.1).
    private static let hopByHop: Set<String> = [
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade",
    ]
    /// Ours, and answered by us.
    private static let own: Set<String> = [
        "x-sandbox-token", "host", "expect", "x-forwarded-host", "x-forwarded-prefix",
    ]

    /// What a program is told about where it is.
    struct Target {
        var path: String
        var host: String
        /// What its callers put before its paths; nil for nothing.
        var prefix: String?
    }

    /// The request as the program gets it: as if it had been sent to `localhost`, with its origin in `X-Forwarded-*`.
    static func request(
        _ request: HTTPRequest,
        as target: Target,
        peer: String?,
        asUpgrade: Bool
    ) throws
        -> HTTPRequestHead
    {
        var head = try HTTPRequestHead(request)
        head.uri = target.path
        let source = HTTPHeaders(request.headerFields)
        let dropped = hopByHop.union(own).union(named(by: source["connection"]))
        head.headers = HTTPHeaders(source.filter { !dropped.contains($0.name.lowercased()) })
        head.headers.replaceOrAdd(name: "Host", value: target.host)
        if let peer {
            let chain = source["x-forwarded-for"] + [peer]
            head.headers.replaceOrAdd(name: "X-Forwarded-For", value: chain.joined(separator: ", "))
        }
        if let authority = request.authority { head.headers.add(name: "X-Forwarded-Host", value: authority) }
        if !head.headers.contains(name: "x-forwarded-proto") {
            head.headers.add(name: "X-Forwarded-Proto", value: "http")
        }
        if let prefix = target.prefix { head.headers.add(name: "X-Forwarded-Prefix", value: prefix) }
        if asUpgrade, let wish = source["upgrade"].first {
            head.headers.add(name: "Connection", value: "Upgrade")
            head.headers.add(name: "Upgrade", value: wish)
        } else {
            head.headers.add(name: "Connection", value: "close")
        }
        if hasBody(request) {
            if !head.headers.contains(name: "content-length") {
                head.headers.add(name: "Transfer-Encoding", value: "chunked")
            }
        } else if [.post, .put, .patch].contains(request.method) {
            head.headers.replaceOrAdd(name: "Content-Length", value: "0")
        }
        return head
    }

    /// Whether a body comes after the request's head.
    static func hasBody(_ request: HTTPRequest) -> Bool {
        request.headerFields[.transferEncoding] != nil || (request.headerFields[.contentLength] ?? "0") != "0"
    }

    /// The answer's fields as the caller gets them.
    static func response(_ head: HTTPResponseHead) -> HTTPFields {
        let isUpgrade = head.status == .switchingProtocols
        let dropped = hopByHop.union(named(by: head.headers["connection"]))
        var fields = HTTPFields()
        for (name, value) in head.headers {
            let isKept = isUpgrade && ["connection", "upgrade"].contains(name.lowercased())
            guard isKept || !dropped.contains(name.lowercased()), let name = HTTPField.Name(name) else { continue }
            fields.append(HTTPField(name: name, value: value))
        }
        return fields
    }

    /// The path without `/proxy/{port}`, the rest as it was written; nil if the beginning was written another way.
    static func path(_ path: String, port: Int) -> String? {
        guard path.hasPrefix("/proxy/\(port)") else { return nil }
        let rest = path.dropFirst("/proxy/\(port)".count)
        guard rest.isEmpty || rest.hasPrefix("/") || rest.hasPrefix("?") else { return nil }
        return rest.hasPrefix("/") ? String(rest) : "/" + rest
    }

    /// The fields that `Connection` makes hop-by-hop too.
    private static func named(by values: [String]) -> [String] {
        values.flatMap { $0.split(separator: ",") }.map { name in
            String(name.filter { $0 != " " && $0 != "\t" }).lowercased()
        }
    }
}
