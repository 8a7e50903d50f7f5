/// What can happen to a watched file.
public enum WatchEventKind: String, Codable, Sendable, Hashable, CaseIterable {
    case create, modify, delete
    case moveFrom = "move_from"
    case moveTo = "move_to"
    case attrib
}
