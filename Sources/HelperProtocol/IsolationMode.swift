/// How strongly the pair isolates; also the value of the `isolation` option.
public enum IsolationMode: UInt8, Sendable, CaseIterable {
    /// Everything in one namespace, for local development. Nothing is protected.
    case none = 0
    /// Three namespaces, three uids, a cell per credentialed command.
    case namespaces = 1

    /// The name used on command lines and in `/health`.
    public var name: String {
        switch self {
        case .none: "none"
        case .namespaces: "namespaces"
        }
    }

    /// Parses a mode's name; nil when no mode bears it.
    public init?(name: String) {
        guard let mode = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = mode
    }
}
