import Glibc

/// Where the programs of the pair lie.
enum ServerProgram {
    /// The helper's own file.
    static var ownPath: String { realPath("/proc/self/exe") ?? "" }

    /// The server's file: as configured, or beside the helper's.
    static func path(_ configuration: HelperConfiguration) -> String {
        configuration.server.isEmpty ? Startup.parent(of: ownPath) + "/sandbox-server" : configuration.server
    }

    /// The agent's file: as configured, or beside the helper's.
    static func agentPath(_ configuration: HelperConfiguration) -> String {
        configuration.agent.isEmpty ? Startup.parent(of: ownPath) + "/sandbox-agent" : configuration.agent
    }

    /// The path without symbolic links; nil if nothing is there. realpath(3).
    static func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
