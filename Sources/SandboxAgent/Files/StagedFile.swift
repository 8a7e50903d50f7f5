import AgentProtocol
import Glibc
import HelperTransport

/// A new, empty file in the directory of the one it is to replace: what arrives in pieces is written here, and the old
/// file stays whole until the last piece has come.
struct StagedFile: ~Copyable {
    let file: OwnedDescriptor
    let path: [UInt8]

    /// - Parameter target: The file to be replaced, links followed; it need not exist.
    init(for target: [UInt8]) throws(SystemError) {
        let place = try FilePlace(target)
        let directory = target[..<(target.lastIndex(of: UInt8(ascii: "/")) ?? 0)]
        while true {
            let name = FilePlace.unusedName(".upload-")
            let flags = O_WRONLY | O_CREAT | O_EXCL
            var failure: Int32 = 0
            if let file = Self.open(place.directory.rawValue, name, flags, &failure) {
                self.file = file
                path = directory + [UInt8(ascii: "/")] + name
                return
            }
            guard failure == EEXIST else { throw SystemError(errno: failure) }
        }
    }

    /// - Throws: EACCES if a file that is there may not be written: replacing it must not be easier than changing it.
    init(_ path: [UInt8]) throws(SystemError) {
        try self.init(for: Self.target(path))
    }

    private static func target(_ path: [UInt8]) throws(SystemError) -> [UInt8] {
        // A slash at the end asks for a directory, and would have one made below.
        guard path.last != UInt8(ascii: "/"), FilePlace.hasName(path) else { throw SystemError(errno: EISDIR) }
        do {
            let existing = try FilePlace.open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY)
            try FileOpening.check(existing.rawValue)
            return try FilePlace.resolved(path)
        } catch {
            guard error.errno == ENOENT else { throw error }
            try DirectoryMaking.makeParents(of: path)
            return path
        }
    }

    private static func open(
        _ directory: Int32,
        _ name: [UInt8],
        _ flags: Int32,
        _ failure: inout Int32
    ) -> OwnedDescriptor? {
        do throws(SystemError) {
            return try FilePlace.open(directory, FilePlace.text(name), flags, 0o666)
        } catch {
            failure = error.errno
            return nil
        }
    }
}
