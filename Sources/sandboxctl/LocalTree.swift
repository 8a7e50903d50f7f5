import Glibc

/// What lies at a local path.
enum LocalTree {
    enum Kind {
        case file(size: Int)
        case directory
        /// Neither, links included.
        case other
    }

    /// nil if there is nothing. A link is followed at the path itself, and nowhere below it.
    static func kind(_ path: String, following: Bool) throws(SandboxctlError) -> Kind? {
        var status = stat()
        let result = following ? stat(path, &status) : lstat(path, &status)
        guard result == 0 else {
            guard errno == ENOENT else { throw .local(path, errno) }
            return nil
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file(size: Int(status.st_size))
        case S_IFDIR: return .directory
        default: return .other
        }
    }

    /// The names in a directory, sorted, and those that are no UTF-8, which no request can carry.
    static func names(_ path: String) throws(SandboxctlError) -> (names: [String], others: [[UInt8]]) {
        guard let directory = opendir(path) else { throw .local(path, errno) }
        defer { closedir(directory) }
        var names: [String] = []
        var others: [[UInt8]] = []
        while let entry = readdir(directory) {
            let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            guard let name = String(validating: bytes, as: UTF8.self) else {
                others.append(bytes)
                continue
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return (names.sorted(), others.sorted { $0.lexicographicallyPrecedes($1) })
    }

    /// The last component of a path.
    static func name(_ path: String) -> String {
        String(path.split(separator: "/").last ?? "")
    }

    static func join(_ directory: String, _ name: String) -> String {
        directory.hasSuffix("/") ? directory + name : directory + "/" + name
    }
}
