import AgentProtocol

/// What an agent answered, and the file that came with it.
struct FileAnswer: Sendable {
    var reply: FileReply
    var file: OpenFile?
}
