import Glibc

/// What commands may open in mode `landlock`. Landlock's rules can only give, and what they give for a directory they give
/// for all below: so everything beside the way to a hidden path is given, and the directories on the way are not.
enum GrantedPaths {
    /// The highest files and directories that have none of `hidden` below them and lie below none of these.
    ///
    /// Symbolic links are left out: what they mean is given at its own place, or not at all.
    ///
    /// - Parameter hidden: Absolute paths without symbolic links.
    static func all(but hidden: [String], below directory: String = "") -> [String] {
        guard let stream = opendir(directory.isEmpty ? "/" : directory) else { return [] }
        defer { closedir(stream) }
        var paths: [String] = []
        while let item = readdir(stream) {
            let name = withUnsafePointer(to: &item.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name != ".", name != ".." else { continue }
            let path = directory + "/" + name
            var status = stat()
            guard !hidden.contains(path), lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFLNK else {
                continue
            }
            if hidden.contains(where: { $0.hasPrefix(path + "/") }) {
                paths += all(but: hidden, below: path)
            } else {
                paths.append(path)
            }
        }
        return paths
    }

    /// What mode `landlock` hides: what every mode hides but the programs, whose content everybody may know and some of which
    /// commands must be able to execute; the home directories; and the audit log, which has the one uid as well.
    static func hidden(_ configuration: HelperConfiguration, _ layout: SandboxLayout) -> [String] {
        let programs = [
            ServerProgram.ownPath, ServerProgram.path(configuration), ServerProgram.agentPath(configuration),
        ].compactMap { ServerProgram.realPath($0) }
        var paths = layout.hiddenPaths.filter { !programs.contains($0) }
        paths.append(ServerProgram.realPath(layout.homes) ?? layout.homes)
        if !configuration.auditLog.isEmpty, configuration.auditLog != AuditSink.systemLog,
            let log = ServerProgram.realPath(configuration.auditLog)
        {
            // With what rotation has made of it, if the directory is there for that alone.
            let directory = Startup.parent(of: log)
            paths.append(SystemDirectories.contain(directory) ? log : directory)
        }
        return paths
    }
}
