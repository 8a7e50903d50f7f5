import CMessageShim
import Glibc
import HelperClient
import HelperTransport

/// Text in an anonymous file that nobody can change any more. memfd_create(2).
enum SealedText {
    static func make(_ text: String) throws(HelperClientError) -> OwnedDescriptor {
        var rawValue: Int32 = -1
        let code = cms_memfd("command", &rawValue)
        guard code == 0 else { throw .system(SystemError(errno: code)) }
        let file = OwnedDescriptor(adopting: rawValue)
        let bytes = Array(text.utf8)
        guard write(file.rawValue, bytes, bytes.count) == bytes.count else { throw .system(SystemError(errno: errno)) }
        let sealed = cms_seal(file.rawValue)
        guard sealed == 0 else { throw .system(SystemError(errno: sealed)) }
        return file
    }
}
