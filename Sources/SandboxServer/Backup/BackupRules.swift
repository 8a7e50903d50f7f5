import SandboxAPI

/// What may be archived, and where archives lie. Pure.
struct BackupRules: Sendable {
    /// Below these, and they themselves, may be archived and restored.
    let sources: [String]
    /// Where archives lie.
    let directory: String
    static let formats = ["gzip", "lz4", "zstd"]

    init(workspace: String, directory: String) {
        sources = [workspace, "/workspace", "/home", "/tmp", "/var/tmp", "/app"]
        self.directory = directory
    }

    func check(dir: String) throws(APIError) {
        try Self.checkPath("dir", dir)
        guard sources.contains(where: { dir == $0 || dir.hasPrefix($0 + "/") }) else {
            throw Self.invalid("dir", "must be in one of \(Set(sources).sorted().joined(separator: ", "))")
        }
    }

    func check(archivePath: String) throws(APIError) {
        try Self.checkPath("archivePath", archivePath)
        guard archivePath.hasPrefix(directory + "/"), !archivePath.hasSuffix("/") else {
            throw Self.invalid("archivePath", "must be a file below \(directory)")
        }
    }

    func check(format: String, threads: Int) throws(APIError) {
        guard Self.formats.contains(format) else {
            throw Self.invalid("compression.format", "must be one of \(Self.formats.joined(separator: ", "))")
        }
        guard (1...256).contains(threads) else { throw Self.invalid("compression.threads", "must be from 1 to 256") }
    }

    func check(excludes: [String]) throws(APIError) -> [BackupExclude] {
        guard excludes.count <= 1000 else { throw Self.invalid("excludes", "must have at most 1000 patterns") }
        var checked: [BackupExclude] = []
        for pattern in excludes {
            guard pattern.utf8.count <= 4096, !pattern.utf8.contains(where: { [0, 10].contains($0) }) else {
                throw Self.invalid("excludes", "has a pattern with a NUL, a line end, or more than 4096 bytes")
            }
            if let exclude = BackupExclude(pattern) { checked.append(exclude) }
        }
        return checked
    }

    /// The directory is a link, or below one, that leads to where nothing may be archived or restored.
    var outside: APIError {
        Self.invalid("dir", "leads out of \(Set(sources).sorted().joined(separator: ", "))")
    }

    private static func checkPath(_ field: String, _ path: String) throws(APIError) {
        if let problem = PathRules.problem(path) { throw invalid(field, problem) }
    }

    private static func invalid(_ field: String, _ problem: String) -> APIError {
        APIError(
            .invalidBackupConfig,
            "\(field) \(problem).",
            context: ["validationErrors": [["field": .string(field), "message": .string(problem)]]]
        )
    }
}
