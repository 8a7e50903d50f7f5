/// Which of Jupyter's paths are passed on to it: kernels, what kinds of them there are, and sessions. Pure.
enum JupyterPaths {
    private static let whole: Set = [
        "/api", "/api/", "/api/status", "/api/kernels", "/api/kernelspecs", "/api/sessions",
    ]
    private static let beginnings = ["/api/kernels/", "/api/kernelspecs/", "/api/sessions/", "/kernelspecs/"]

    /// Whether the path, as it was written and without its query, is one of them. Jupyter takes paths as they are
    /// written too, so nothing is decoded here.
    static func permits(_ path: String) -> Bool {
        let isPlain = !path.contains("..") && !path.contains("//") && !path.contains("\\")
        return isPlain && (whole.contains(path) || beginnings.contains(where: path.hasPrefix))
    }

    /// Whether a host, with or without its port, is a number or `localhost`, and no name that others decide about.
    static func isAddress(_ host: String) -> Bool {
        if host.hasPrefix("[") { return true }
        let name = host.prefix { $0 != ":" }
        let isNumber = !name.isEmpty && name.utf8.allSatisfy { $0 == 0x2E || (0x30...0x39).contains($0) }
        return isNumber || name == "localhost"
    }
}
