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
        let programs = programs(configuration)
        var paths = layout.hiddenPaths.filter { !programs.contains($0) }
        // Nothing is covered here: what is mounted below /run and /tmp counts too.
        let mounts = TextFile.readBytes("/proc/self/mountinfo", limit: 64 << 20).map { MountTable(mountinfo: $0) }
        paths += (mounts?.suspicious(outside: ["/proc", "/dev"]) ?? []).compactMap { ServerProgram.realPath($0) }
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

    /// What is run with more rights than commands have: nobody of the one uid may put something else in its place. With
    /// Jupyter goes its environment, the directory above its programs'.
    static func programs(_ configuration: HelperConfiguration) -> [String] {
        let own = [
            ServerProgram.ownPath, ServerProgram.path(configuration), ServerProgram.agentPath(configuration),
        ]
        let jupyter =
            configuration.jupyter.isEmpty ? [] : [Startup.parent(of: Startup.parent(of: configuration.jupyter))]
        return (own + jupyter).compactMap { ServerProgram.realPath($0) }
    }

    /// The first of `hidden` that the rule for the workspace would give all the same.
    static func contradiction(_ hidden: [String], workspace: String) -> ConfigurationError? {
        hidden.first { ($0 + "/").hasPrefix(workspace + "/") }.map {
            ConfigurationError("'\($0)' lies in the workspace and cannot be hidden in mode landlock: move it")
        }
    }
}
