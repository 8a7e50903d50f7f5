import SandboxAPI

/// What is watched and what of it is reported. Equal ones share an agent.
struct WatchKey: Sendable, Hashable {
    /// What is left out where nothing else was asked for.
    static let defaultExclude = [".git", "node_modules", ".DS_Store"]
    /// What is reported where nothing else was asked for: all but changes of attributes.
    static let defaultEvents: Set<WatchEventKind> = [.create, .modify, .delete, .moveFrom, .moveTo]
    /// Most patterns of one watch.
    static let maximumPatterns = 32

    /// Absolute, without links.
    let path: [UInt8]
    let isRecursive: Bool
    let include: [String]
    let exclude: [String]
    let events: Set<WatchEventKind>

    /// - Parameter path: The request's, resolved.
    init(_ request: WatchRequest, path: [UInt8]) throws(APIError) {
        let (include, exclude) = (request.include ?? [], request.exclude ?? [])
        guard include.isEmpty || exclude.isEmpty else {
            throw .invalid("include", "and exclude cannot be used together")
        }
        for (field, patterns) in [("include", include), ("exclude", exclude)] {
            guard patterns.count <= Self.maximumPatterns,
                patterns.allSatisfy({ !$0.isEmpty && $0.utf8.count <= Glob.maximum && !$0.utf8.contains(0) })
            else {
                throw .invalid(
                    field,
                    "must be at most \(Self.maximumPatterns) patterns of 1 to \(Glob.maximum) bytes"
                )
            }
        }
        self.path = path
        isRecursive = request.recursive ?? true
        self.include = include
        self.exclude = request.exclude == nil && include.isEmpty ? Self.defaultExclude : exclude
        events = request.events.map { $0.isEmpty ? Self.defaultEvents : Set($0) } ?? Self.defaultEvents
    }

    /// Names of directories of which nothing is reported, so that the agent need not watch what is in them.
    var skippedNames: [[UInt8]] {
        exclude.filter { !$0.contains { "*?/".contains($0) } }.map { Array($0.utf8) }
    }
}
