import AgentProtocol
import Glibc
import HelperTransport

/// Copies and removes whole trees, from open directory to open directory; no link is followed.
enum FileTree {
    /// Copies a file, link or directory with modes and times. Devices, sockets and FIFOs are refused (ENODEV).
    static func copy(from source: Int32, _ name: [CChar], to target: Int32, _ newName: [CChar]) throws(SystemError) {
        var status = stat()
        guard fstatat(source, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { throw SystemError(errno: errno) }
        switch FileEntry(status).kind {
        case .symbolicLink:
            var text = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
            guard readlinkat(source, name, &text, Int(PATH_MAX)) >= 0, symlinkat(text, target, newName) == 0 else {
                throw SystemError(errno: errno)
            }
            return
        case .file: try copyFile(source, name, target, newName, status)
        case .directory:
            let from = try FilePlace.open(source, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
            guard mkdirat(target, newName, 0o700) == 0 else { throw SystemError(errno: errno) }
            let to = try FilePlace.open(target, newName, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
            for entry in try names(from.rawValue) { try copy(from: from.rawValue, entry, to: to.rawValue, entry) }
            try finish(to.rawValue, status)
        case .other: throw SystemError(errno: FileOpening.notRegular)
        }
    }

    /// Removes a file, link or directory with all that is in it, as far as the user may; throws the first failure.
    static func remove(_ directory: Int32, _ name: [CChar]) throws(SystemError) {
        if unlinkat(directory, name, 0) == 0 || errno == ENOENT { return }
        guard errno == EISDIR else { throw SystemError(errno: errno) }
        let below = try FilePlace.open(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        var first: SystemError?
        for entry in try names(below.rawValue) {
            do { try remove(below.rawValue, entry) } catch { first = first ?? error }
        }
        if let first { throw first }
        guard unlinkat(directory, name, AT_REMOVEDIR) == 0 else { throw SystemError(errno: errno) }
    }

    private static func copyFile(
        _ source: Int32,
        _ name: [CChar],
        _ target: Int32,
        _ newName: [CChar],
        _ status: stat
    )
        throws(SystemError)
    {
        let from = try FilePlace.open(source, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        let to = try FilePlace.open(target, newName, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600)
        while true {
            let count = sendfile(to.rawValue, from.rawValue, nil, 1 << 20)
            if count == 0 { break }
            guard count > 0 || errno == EINTR else { throw SystemError(errno: errno) }
        }
        try finish(to.rawValue, status)
    }

    private static func finish(_ descriptor: Int32, _ status: stat) throws(SystemError) {
        let times = [status.st_atim, status.st_mtim]
        guard fchmod(descriptor, status.st_mode & 0o7777) == 0, futimens(descriptor, times) == 0 else {
            throw SystemError(errno: errno)
        }
    }

    private static func names(_ descriptor: Int32) throws(SystemError) -> [[CChar]] {
        try DirectoryNames.read(descriptor).map { FilePlace.text($0.name) }
    }
}
