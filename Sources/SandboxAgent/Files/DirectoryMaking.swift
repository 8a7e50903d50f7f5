import CAgentShim
import Glibc
import HelperTransport

/// Makes directories.
enum DirectoryMaking {
    /// Makes the directory at `path`.
    ///
    /// - Throws: EEXIST if something is there already; with parents, only if that is no directory.
    static func make(_ path: [UInt8], withParents: Bool) throws(SystemError) {
        let components = path.split(separator: UInt8(ascii: "/"))
        guard withParents else {
            // The root, and what ends in a dot, can only be there already.
            guard FilePlace.hasName(path) else { throw SystemError(errno: EEXIST) }
            let place = try FilePlace(path)
            guard mkdirat(place.directory.rawValue, place.name, 0o777) == 0 else { throw SystemError(errno: errno) }
            return
        }
        // Step by step from open directories: what is a link now may be followed, what becomes one later is not.
        var directory = try FilePlace.open([UInt8(ascii: "/")], cas_path | O_DIRECTORY)
        for component in components {
            let name = FilePlace.text(Array(component))
            if mkdirat(directory.rawValue, name, 0o777) != 0, errno != EEXIST {
                // A read-only or foreign parent of what exists already is no obstacle.
                let failure = errno
                guard let existing = try? FilePlace.open(directory.rawValue, name, cas_path | O_DIRECTORY) else {
                    throw SystemError(errno: failure)
                }
                directory = existing
                continue
            }
            directory = try enter(directory.rawValue, name)
        }
    }

    private static func enter(_ directory: Int32, _ name: [CChar]) throws(SystemError) -> OwnedDescriptor {
        do {
            return try FilePlace.open(directory, name, cas_path | O_DIRECTORY)
        } catch {
            throw error.errno == ENOTDIR ? SystemError(errno: EEXIST) : error
        }
    }

    /// Makes the directories above `path`.
    static func makeParents(of path: [UInt8]) throws(SystemError) {
        guard let slash = path.lastIndex(of: UInt8(ascii: "/")), slash > 0 else { return }
        do {
            try make(Array(path[..<slash]), withParents: true)
        } catch {
            throw error.errno == EEXIST ? SystemError(errno: ENOTDIR) : error
        }
    }
}
