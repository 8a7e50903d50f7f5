import HTTPTypes

/// Which pages in a browser may use the API: those of the origins that the operator named.
struct CrossOriginPolicy: Sendable {
    private let origins: Set<String>
    private let permitsAll: Bool

    /// - Parameter origins: As browsers write them, such as `https://app.example:8443`; `*` stands for all there are.
    init(origins: [String] = []) {
        self.origins = Set(origins)
        permitsAll = origins.contains("*")
    }

    /// Whether pages of the origin may use the API.
    func permits(_ origin: String) -> Bool {
        permitsAll || origins.contains(origin)
    }

    /// Whether the request comes from a page that may not. Browsers send `Origin` with every POST, across origins and
    /// after DNS rebinding alike (Fetch Standard, 3.2), and `Sec-Fetch-Site` with every request from a page; clients
    /// of this API send neither.
    ///
    /// - Parameter host: What the request calls this server. A page of this server's own that reads does not send
    ///   `Origin`; it is as good as this name, which the operator must have listed: what stands on our ports besides
    ///   the API may be the sandbox's.
    func refuses(_ headers: HTTPFields, host: String?) -> Bool {
        if let origin = headers[.origin] { return !permits(origin) }
        switch headers[.secFetchSite] {
        case nil, "none": return false
        case "same-origin":
            guard let host else { return true }
            return !permits("http://\(host)") && !permits("https://\(host)")
        default: return true
        }
    }

    /// Whether the text has the form of an origin: a scheme and a host, nothing after them.
    static func isOrigin(_ text: String) -> Bool {
        guard text != "*" else { return true }
        guard let scheme = ["http://", "https://"].first(where: text.hasPrefix) else { return false }
        let host = text.utf8.dropFirst(scheme.utf8.count)
        // Of the rest of a host: - . : and the brackets of IPv6.
        return !host.isEmpty
            && host.allSatisfy { $0.isLowercaseOrDigit || [0x2D, 0x2E, 0x3A, 0x5B, 0x5D].contains($0) }
    }
}

extension UInt8 {
    /// a to z and 0 to 9: hosts in origins are written small.
    fileprivate var isLowercaseOrDigit: Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
    }
}
