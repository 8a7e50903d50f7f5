package import HelperProtocol

/// What the server asks the file agent. Paths are absolute; the agent resolves them with the user's rights, without
/// following /proc's magic links (openat2(2), RESOLVE_NO_MAGICLINKS).
package enum FileRequest: Sendable, Hashable {
    /// Open a regular file for reading; the reply carries it.
    case read(path: [UInt8])
    /// Open a regular file for writing, empty, made if missing, with missing directories above it.
    case write(path: [UInt8])
    /// Make a new file beside `path`, to be put in its place by `replace`; the reply carries it and its name.
    case stage(path: [UInt8])
    /// Put a staged file in its place, with the mode of the one it replaces.
    case replace(staged: [UInt8], path: [UInt8])
    /// Remove a file that is no directory.
    case remove(path: [UInt8])
    case rename(from: [UInt8], to: [UInt8])
    case makeDirectory(path: [UInt8], withParents: Bool)
    /// What is there, links followed.
    case status(path: [UInt8])
    /// The entries of a directory, as a file in the reply: see `FileEntry`.
    case list(path: [UInt8], recursive: Bool, hidden: Bool)
    /// The path without links and dots.
    case resolve(path: [UInt8])
    /// Watch a directory or file until the socket closes; the agent answers nothing else from then on. What lies in
    /// directories of the skipped names is not watched, but they themselves are.
    case watch(path: [UInt8], recursive: Bool, skipping: [[UInt8]])

    private var code: UInt16 {
        switch self {
        case .read: 1
        case .write: 2
        case .stage: 3
        case .replace: 4
        case .remove: 5
        case .rename: 6
        case .makeDirectory: 7
        case .status: 8
        case .list: 9
        case .resolve: 10
        case .watch: 11
        }
    }

    package func encoded() -> [UInt8] {
        var fields = FieldWriter()
        switch self {
        case .read(let path), .write(let path), .stage(let path), .remove(let path), .status(let path),
            .resolve(let path):
            fields.put(1, bytes: path)
        case .replace(let first, let second), .rename(let first, let second):
            fields.put(1, bytes: first)
            fields.put(2, bytes: second)
        case .makeDirectory(let path, let flag):
            fields.put(1, bytes: path)
            fields.put(3, UInt8(flag ? 1 : 0))
        case .watch(let path, let flag, let names):
            fields.put(1, bytes: path)
            fields.put(3, UInt8(flag ? 1 : 0))
            for name in names { fields.put(5, bytes: name) }
        case .list(let path, let recursive, let hidden):
            fields.put(1, bytes: path)
            fields.put(3, UInt8(recursive ? 1 : 0))
            fields.put(4, UInt8(hidden ? 1 : 0))
        }
        return AgentRecord.encoded(code, id: 0, fields)
    }

    package init(_ bytes: [UInt8]) throws(DecodingError) {
        let record = try AgentRecord(bytes)
        let fields = try record.fields([1, 2, 3, 4], repeatable: [5])
        let path = try fields.bytes(1)
        func flag(_ tag: UInt16) throws(DecodingError) -> Bool { try fields.integer(tag, as: UInt8.self) != 0 }
        switch record.operation {
        case 1: self = .read(path: path)
        case 2: self = .write(path: path)
        case 3: self = .stage(path: path)
        case 4: self = .replace(staged: path, path: try fields.bytes(2))
        case 5: self = .remove(path: path)
        case 6: self = .rename(from: path, to: try fields.bytes(2))
        case 7: self = .makeDirectory(path: path, withParents: try flag(3))
        case 8: self = .status(path: path)
        case 9: self = .list(path: path, recursive: try flag(3), hidden: try flag(4))
        case 10: self = .resolve(path: path)
        case 11: self = .watch(path: path, recursive: try flag(3), skipping: fields.allBytes(5))
        default: throw .unknownOperation(record.operation)
        }
    }
}
