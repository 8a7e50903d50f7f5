import CMessageShim
import Glibc
import HelperTransport

/// Files in memory whose content never changes again: what is handed to other programs at their start.
enum SealedFile {
    /// A new one. memfd_create(2), F_ADD_SEALS.
    static func make(_ name: String, _ bytes: [UInt8]) throws(SystemError) -> OwnedDescriptor {
        var descriptor: Int32 = -1
        try SystemError.check(cms_memfd(name, &descriptor))
        let file = OwnedDescriptor(adopting: descriptor)
        guard write(descriptor, bytes, bytes.count) == bytes.count else { throw SystemError(errno: errno) }
        try SystemError.check(cms_seal(descriptor))
        return file
    }
}
