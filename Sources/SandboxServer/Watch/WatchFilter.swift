import AgentProtocol
import SandboxAPI

/// Decides what of the changes that an agent sees is reported.
struct WatchFilter: Sendable {
    private let root: [UInt8]
    private let include: [Glob]
    private let exclude: [Glob]
    private let events: Set<WatchEventKind>

    init(_ key: WatchKey) {
        root = key.path
        include = key.include.map(Glob.init)
        exclude = key.exclude.map(Glob.init)
        events = key.events
    }

    /// The change as it is reported; nil if it is not.
    func report(_ change: FileChange) -> WatchedChange? {
        guard let kind = Self.kind(change.kind), events.contains(kind) else { return nil }
        // What happens to the watched path itself has no relative path, and no pattern is meant for it.
        if change.path.count > root.count {
            let relative = String(decoding: change.path.dropFirst(root.count).drop { $0 == 0x2F }, as: UTF8.self)
            if exclude.contains(where: { $0.matches(relative) }) { return nil }
            if !include.isEmpty, !include.contains(where: { $0.matches(relative) }) { return nil }
        }
        return WatchedChange(
            kind: kind,
            path: String(decoding: change.path, as: UTF8.self),
            isDirectory: change.isDirectory
        )
    }

    private static func kind(_ kind: FileChange.Kind) -> WatchEventKind? {
        switch kind {
        case .create: .create
        case .modify: .modify
        case .delete: .delete
        case .moveFrom: .moveFrom
        case .moveTo: .moveTo
        case .attributes: .attrib
        case .overflow, .gone: nil
        }
    }
}
