/// Answer of `GET /api/commands`.
public struct CommandListAnswer: Codable, Sendable {
    /// Always true.
    public var success = true
    /// Names of programs and of the shell's own commands, sorted.
    public var availableCommands: [String]
    /// How many they are.
    public var count: Int
    /// When the answer was made.
    public var timestamp = Timestamp.now()

    /// Makes an answer.
    public init(availableCommands: [String]) {
        self.availableCommands = availableCommands
        count = availableCommands.count
    }
}
