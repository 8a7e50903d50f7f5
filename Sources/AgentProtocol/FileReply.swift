package import HelperProtocol

/// What the file agent answers.
package enum FileReply: Sendable, Hashable {
    /// It is done; `path` is a staged file's or a resolved path, else empty.
    case done(path: [UInt8])
    /// A file is in the record.
    case opened(FileEntry)
    /// What is there.
    case status(FileEntry)
    /// The entries lie in the file that is in the record; `isComplete` is false where there were too many.
    case listed(count: UInt32, isComplete: Bool)
    /// It cannot be done: the errno of the call that failed.
    case failed(errno: Int32)
    /// The watch is set up.
    case watching
    /// Something happened below a watched path.
    case changed(FileChange)

    package func encoded() -> [UInt8] {
        var fields = FieldWriter()
        switch self {
        case .done(let path):
            fields.put(1, bytes: path)
            return AgentRecord.encoded(0x8001, id: 0, fields)
        case .opened(let entry):
            fields.put(1, bytes: entry.encoded())
            return AgentRecord.encoded(0x8002, id: 0, fields)
        case .status(let entry):
            fields.put(1, bytes: entry.encoded())
            return AgentRecord.encoded(0x8003, id: 0, fields)
        case .listed(let count, let isComplete):
            fields.put(1, count)
            fields.put(2, UInt8(isComplete ? 1 : 0))
            return AgentRecord.encoded(0x8004, id: 0, fields)
        case .failed(let errno):
            fields.put(1, errno)
            return AgentRecord.encoded(0x8005, id: 0, fields)
        case .watching: return AgentRecord.encoded(0x8006, id: 0)
        case .changed(let change):
            fields.put(1, change.kind.rawValue)
            fields.put(2, bytes: change.path)
            fields.put(3, UInt8(change.isDirectory ? 1 : 0))
            return AgentRecord.encoded(0x8007, id: 0, fields)
        }
    }

    package init(_ bytes: [UInt8]) throws(DecodingError) {
        let record = try AgentRecord(bytes)
        let fields = try record.fields([1, 2, 3])
        func entry() throws(DecodingError) -> FileEntry {
            var bytes = try fields.bytes(1)[...]
            guard let entry = FileEntry(next: &bytes) else { throw .invalidField(1) }
            return entry
        }
        switch record.operation {
        case 0x8001: self = .done(path: try fields.bytes(1))
        case 0x8002: self = .opened(try entry())
        case 0x8003: self = .status(try entry())
        case 0x8004:
            self = .listed(count: try fields.integer(1), isComplete: try fields.integer(2, as: UInt8.self) != 0)
        case 0x8005: self = .failed(errno: try fields.integer(1))
        case 0x8006: self = .watching
        case 0x8007:
            let change = FileChange(
                kind: try fields.choice(1),
                path: try fields.bytes(2),
                isDirectory: try fields.integer(3, as: UInt8.self) != 0
            )
            self = .changed(change)
        default: throw .unknownOperation(record.operation)
        }
    }
}
