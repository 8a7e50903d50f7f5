import AgentProtocol
import Glibc
import HelperTransport

/// Opens files for the server: regular ones only. A FIFO would hold it up and a device has no end.
enum FileOpening {
    /// Says that something is there but is no regular file.
    static let notRegular = ENODEV

    static func read(_ path: [UInt8]) throws(SystemError) -> OwnedDescriptor {
        // O_NONBLOCK: opening a FIFO must not wait for a writer.
        let file = try FilePlace.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
        try check(file.rawValue)
        return file
    }

    static func write(_ path: [UInt8]) throws(SystemError) -> OwnedDescriptor {
        let flags = O_WRONLY | O_CREAT | O_NONBLOCK | O_NOCTTY
        let file: OwnedDescriptor
        do {
            file = try FilePlace.open(path, flags, 0o666)
        } catch {
            guard error.errno == ENOENT else { throw error }
            try DirectoryMaking.makeParents(of: path)
            file = try FilePlace.open(path, flags, 0o666)
        }
        try check(file.rawValue)
        // Not by O_TRUNC: before the check it would have emptied whatever is there.
        guard ftruncate(file.rawValue, 0) == 0 else { throw SystemError(errno: errno) }
        return file
    }

    static func check(_ descriptor: Int32) throws(SystemError) {
        switch try FileEntry(of: descriptor).kind {
        case .file: return
        case .directory: throw SystemError(errno: EISDIR)
        case .symbolicLink, .other: throw SystemError(errno: notRegular)
        }
    }
}
