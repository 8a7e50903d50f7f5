import Glibc
import HelperTransport

/// One directory of the cgroup version 2 file system, cgroups(7). By descriptor: the mount it belongs to is in no
/// mount namespace, so that nobody else has a path to it.
final class ControlDirectory {
    private let descriptor: OwnedDescriptor

    init(adopting descriptor: consuming OwnedDescriptor) {
        self.descriptor = descriptor
    }

    /// For clone3's CLONE_INTO_CGROUP.
    var rawValue: Int32 { descriptor.rawValue }

    /// The content of one of its files; nil if it cannot be read.
    func text(_ file: String) -> String? {
        let number = openat(rawValue, file, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { return nil }
        return TextFile.readBytes(adopting: OwnedDescriptor(adopting: number), limit: 1 << 20)
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// Writes to one of its files, which is there already; 0 or an errno value.
    func write(_ text: String, to file: String) -> Int32 {
        let number = openat(rawValue, file, O_WRONLY | O_CLOEXEC)
        guard number >= 0 else { return errno }
        let owned = OwnedDescriptor(adopting: number)
        let bytes = Array(text.utf8)
        return Glibc.write(owned.rawValue, bytes, bytes.count) == bytes.count ? 0 : errno
    }

    /// The directory below it at a relative path.
    func open(_ path: String) throws(SystemError) -> ControlDirectory {
        let number = openat(rawValue, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard number >= 0 else { throw SystemError(errno: errno) }
        return ControlDirectory(adopting: OwnedDescriptor(adopting: number))
    }

    /// A group below it, which is made unless an earlier helper of this pid has left it.
    func make(_ name: String) throws(SystemError) -> ControlDirectory {
        guard mkdirat(rawValue, name, 0o755) == 0 || errno == EEXIST else { throw SystemError(errno: errno) }
        return try open(name)
    }

    /// Removes a group below it; false while there is somebody in it.
    func remove(_ name: String) -> Bool {
        unlinkat(rawValue, name, AT_REMOVEDIR) == 0 || errno == ENOENT
    }
}
