import Glibc

/// Where the two programs of the pair lie.
enum ServerProgram {
    /// The helper's own file.
    static var ownPath: String { realPath("/proc/self/exe") ?? "" }

    /// The server's file: as configured, or beside the helper's.
    static func path(_ configuration: HelperConfiguration) -> String {
        configuration.server.isEmpty ? Startup.parent(of: ownPath) + "/sandbox-server" : configuration.server
    }

    /// The path without symbolic links; nil if nothing is there. realpath(3).
    static func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
