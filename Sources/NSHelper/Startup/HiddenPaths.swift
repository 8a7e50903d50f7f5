import Glibc
import HelperTransport

/// What `user` and `secure` must not see: the pair's own files, what the operator named, and what the mount
/// table betrays. Without symbolic links, so that covering them needs none to be followed.
enum HiddenPaths {
    /// Every path that exists.
    ///
    /// - Throws: if a path that the operator named, or a mounted secret, lies where user code can move or lock
    ///   it away: a cover is laid over a name, which must still mean the same when a namespace is made anew.
    static func resolve(_ configuration: HelperConfiguration) throws(ConfigurationError) -> [String] {
        guard let mounts = TextFile.readBytes("/proc/self/mountinfo", limit: 64 << 20) else {
            throw ConfigurationError("/proc/self/mountinfo cannot be read, so mounted secrets cannot be found")
        }
        let movable =
            configuration.hiddenPaths
            + configuration.serverSettings.filter { $0.name.hasSuffix("_FILE") }.map(\.value)
            + MountTable(mountinfo: mounts).suspicious
        for path in movable {
            guard let real = ServerProgram.realPath(path) else { continue }
            if let ancestor = firstForeignAncestor(of: real) {
                throw ConfigurationError(
                    "'\(path)' cannot be hidden: '\(ancestor)' above it can be changed by others than root; move it"
                )
            }
        }
        for path in configuration.hiddenPaths where ServerProgram.realPath(path) == nil {
            Log.warning("hidden-paths: '\(path)' does not exist now and is not covered")
        }
        var paths = [ServerProgram.ownPath, ServerProgram.path(configuration), ServerProgram.agentPath(configuration)]
        paths += [configuration.file, Startup.parent(of: configuration.socket)] + movable
        paths += ["/var/run/secrets", "/var/run/docker.sock", "/var/run/containerd"]
        var resolved: [String] = []
        for path in paths {
            guard let real = ServerProgram.realPath(path), real != "/", !resolved.contains(real) else { continue }
            resolved.append(real)
        }
        return resolved
    }

    /// Those that may be read by everybody, as far as modes tell. Only `namespaces` can cover them.
    static func exposed(_ configuration: HelperConfiguration, _ layout: SandboxLayout) -> [String] {
        // Of these everybody may know the content.
        let own = [
            ServerProgram.ownPath, ServerProgram.path(configuration), ServerProgram.agentPath(configuration),
            configuration.file, Startup.parent(of: configuration.socket),
        ].compactMap { ServerProgram.realPath($0) }
        return layout.hiddenPaths.filter { path in
            var status = stat()
            guard !own.contains(path), lstat(path, &status) == 0 else { return false }
            return status.st_mode & (status.st_mode & S_IFMT == S_IFDIR ? S_IXOTH : S_IROTH) != 0
        }
    }

    /// The first directory above `path` that is not root's, or that others may write to without the sticky bit.
    static func firstForeignAncestor(of path: String) -> String? {
        var ancestor = Startup.parent(of: path)
        while true {
            var status = stat()
            guard lstat(ancestor, &status) == 0 else { return ancestor }
            let isOpen = status.st_mode & 0o022 != 0 && status.st_mode & S_ISVTX == 0
            if (status.st_uid != 0 && status.st_uid != geteuid()) || isOpen { return ancestor }
            if ancestor == "/" { return nil }
            ancestor = Startup.parent(of: ancestor)
        }
    }
}
