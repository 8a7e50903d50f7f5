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

    /// The lines of mksquashfs's exclude file: each pattern at the top and, by `...`, everywhere below. It knows no `**`.
    func excludeLines(_ patterns: [String]) throws(APIError) -> [String] {
        guard patterns.count <= 1000 else { throw Self.invalid("excludes", "must have at most 1000 patterns") }
        var lines: [String] = []
        for pattern in patterns {
            guard pattern.utf8.count <= 4096, !pattern.utf8.contains(where: { [0, 10].contains($0) }) else {
                throw Self.invalid("excludes", "has a pattern with a NUL, a line end, or more than 4096 bytes")
            }
            var plain = pattern.split(separator: "/").filter { $0 != "**" && $0 != "." }.joined(separator: "/")
            while plain.contains("**") { plain.replace("**", with: "*") }
            if !plain.isEmpty, !plain.split(separator: "/").contains("..") { lines += [plain, "... " + plain] }
        }
        return lines
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
