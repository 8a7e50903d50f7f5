/// How strongly the pair isolates; also the value of the `isolation` option.
public enum IsolationMode: UInt8, Sendable, CaseIterable {
    /// Everything in one namespace, for local development. Nothing is protected.
    case none = 0
    /// Three namespaces, three uids, a cell per credentialed command.
    case namespaces = 1
    /// Separate uids, one of them per credentialed command, and Landlock; every process can be listed.
    case users = 2
    /// One uid for all, without any privilege: Landlock domains, one of them per credentialed command.
    case landlock = 3

    /// The name used on command lines and in `/health`.
    public var name: String {
        switch self {
        case .none: "none"
        case .namespaces: "namespaces"
        case .users: "users"
        case .landlock: "landlock"
        }
    }

    /// All modes, the strongest first: the order in which `auto` tries them.
    public static let strongestFirst: [IsolationMode] = [.namespaces, .users, .landlock, .none]

    /// Whether a command's credentials are out of everybody else's sight in every form: also in its command line.
    public var protectsCredentials: Bool { self == .namespaces }

    /// Whether the mode is as strong as another, or stronger.
    public func isAtLeast(_ other: IsolationMode) -> Bool {
        // The first of the two in the order is the stronger one.
        Self.strongestFirst.first { $0 == self || $0 == other } == self
    }

    /// Parses a mode's name; nil when no mode bears it.
    public init?(name: String) {
        guard let mode = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = mode
    }
}
