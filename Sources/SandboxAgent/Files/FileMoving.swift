import AgentProtocol
import CAgentShim
import Glibc
import HelperTransport

/// Gives files other names.
enum FileMoving {
    /// As mv(1) does: into `to` if that is a directory, over it if it is a file, and by a copy where the two are on
    /// different file systems.
    static func move(_ from: [UInt8], _ to: [UInt8]) throws(SystemError) {
        let source = try FilePlace(from)
        var target = to
        if let existing = try? FilePlace.open(to, cas_path), try FileEntry(of: existing.rawValue).kind == .directory {
            target += [UInt8(ascii: "/")] + source.name.dropLast().map { UInt8(bitPattern: $0) }
        }
        let place = try FilePlace(target)
        let code = cas_rename(source.directory.rawValue, source.name, place.directory.rawValue, place.name, 1)
        guard code == EXDEV else { return try SystemError.check(code) }
        // Under another name first: what is at the target stays until the copy is whole.
        let copy = FilePlace.text(FilePlace.unusedName(".move-"))
        do {
            try FileTree.copy(from: source.directory.rawValue, source.name, to: place.directory.rawValue, copy)
            try SystemError.check(
                cas_rename(place.directory.rawValue, copy, place.directory.rawValue, place.name, 1)
            )
        } catch {
            // Half a copy is worth nothing, and the source is still whole.
            try? FileTree.remove(place.directory.rawValue, copy)
            throw error
        }
        try FileTree.remove(source.directory.rawValue, source.name)
    }

    /// Puts a staged file in the place of the one at `path`, links followed, and with that one's mode.
    static func replace(_ staged: [UInt8], _ path: [UInt8]) throws(SystemError) {
        let source = try FilePlace(staged)
        var target = path
        if let existing = try? FilePlace.open(path, cas_path) {
            let entry = try FileEntry(of: existing.rawValue)
            guard entry.kind != .directory else { throw SystemError(errno: EISDIR) }
            target = try FilePlace.resolved(path)
            // Best effort: it is the user's file either way.
            _ = fchmodat(source.directory.rawValue, source.name, mode_t(entry.mode), 0)
        }
        let place = try FilePlace(target)
        try SystemError.check(
            cas_rename(source.directory.rawValue, source.name, place.directory.rawValue, place.name, 1)
        )
    }
}
