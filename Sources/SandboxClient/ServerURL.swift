/// The address of a server, taken apart as far as needed here.
struct ServerURL: Sendable {
    var isSecure: Bool
    var host: String
    var port: Int
    /// Without a slash at its end.
    var text: String

    /// nil if it is no http or https URL, or holds a user, a query or a fragment.
    init?(_ text: String) {
        guard let end = text.firstIndex(of: ":"), text[end...].hasPrefix("://") else { return nil }
        let scheme = text[..<end].lowercased()
        guard scheme == "http" || scheme == "https" else { return nil }
        isSecure = scheme == "https"
        var rest = text[end...].dropFirst(3)
        while rest.last == "/" { rest.removeLast() }
        guard !rest.isEmpty, !rest.contains(where: { "?#@ ".contains($0) }) else { return nil }
        let authority = rest.prefix { $0 != "/" }
        var name = authority
        port = isSecure ? 443 : 80
        // The colon after an IPv6 address in brackets, or the only one.
        if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
            guard let number = UInt16(authority[colon...].dropFirst()), number > 0 else { return nil }
            port = Int(number)
            name = authority[..<colon]
        }
        guard !name.isEmpty else { return nil }
        host = name.first == "[" ? String(name.dropFirst().prefix { $0 != "]" }) : String(name)
        self.text = scheme + "://" + rest
    }
}
