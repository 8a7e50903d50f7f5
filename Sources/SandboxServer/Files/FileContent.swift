import AgentProtocol
import NIOCore

/// A file that is open for reading, and what is known about it before the rest is read.
struct FileContent: Sendable {
    let file: OpenFile
    let entry: FileEntry
    let type: MediaType
}
