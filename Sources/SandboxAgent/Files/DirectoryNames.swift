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
        // fdopendir(3) takes its descriptor over.
        guard let stream = fdopendir(dup(descriptor)) else { throw SystemError(errno: errno) }
        defer { closedir(stream) }
        var items: [Item] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name == [0x2E] || name == [0x2E, 0x2E] { continue }
            items.append(Item(name: name, isDirectory: entry.pointee.d_type == UInt8(DT_DIR)))
        }
        return items
    }
}
