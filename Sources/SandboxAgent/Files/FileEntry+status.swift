import AgentProtocol
import Glibc
import HelperTransport

extension FileEntry {
    /// What stat(2) found.
    init(_ status: stat, name: [UInt8] = []) {
        let kind: Kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            case S_IFLNK: .symbolicLink
            default: .other
            }
        self.init(
            kind: kind,
            mode: UInt16(truncatingIfNeeded: status.st_mode & 0o7777),
            size: UInt64(clamping: status.st_size),
            modifiedSeconds: Int64(status.st_mtim.tv_sec),
            modifiedNanoseconds: UInt32(clamping: status.st_mtim.tv_nsec),
            name: name
        )
    }

    /// What an open file is.
    init(of descriptor: Int32) throws(SystemError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SystemError(errno: errno) }
        self.init(status)
    }
}
