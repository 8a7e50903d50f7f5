import Glibc
import HelperTransport

/// What a directory holds, without `.` and `..`. readdir(3).
enum DirectoryNames {
    /// One name, and whether it is known to be a directory's.
    struct Item {
        var name: [UInt8]
        var isDirectory: Bool
    }

    /// Reads the directory that is open as `descriptor`, which stays open.
    static func read(_ descriptor: Int32) throws(SystemError) -> [Item] {
        // fdopendir(3) takes its descriptor over, but only if it succeeds.
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
        guard copy >= 0 else { throw SystemError(errno: errno) }
        guard let stream = fdopendir(copy) else {
            let failure = errno
            close(copy)
            throw SystemError(errno: failure)
        }
        defer { closedir(stream) }
        // The copy shares the position, and somebody may have read before.
        rewinddir(stream)
        var items: [Item] = []
        while let entry = readdir(stream) {
            // The entry is only as long as its name: the declared 256 bytes may reach beyond the buffer.
            let start = UnsafeRawPointer(entry) + nameOffset
            let name = Array(
                UnsafeRawBufferPointer(start: start, count: strlen(start.assumingMemoryBound(to: CChar.self)))
            )
            if name == [0x2E] || name == [0x2E, 0x2E] { continue }
            items.append(Item(name: name, isDirectory: isDirectory(entry.pointee.d_type, name, in: descriptor)))
        }
        return items
    }

    private static let nameOffset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 19

    /// Some file systems do not say it in the entry.
    private static func isDirectory(_ type: UInt8, _ name: [UInt8], in directory: Int32) -> Bool {
        guard type == UInt8(DT_UNKNOWN) else { return type == UInt8(DT_DIR) }
        var status = stat()
        guard fstatat(directory, FilePlace.text(name), &status, AT_SYMLINK_NOFOLLOW) == 0 else { return false }
        return status.st_mode & S_IFMT == S_IFDIR
    }
}
