import Glibc
import HelperClient
import HelperTransport

/// Opens /dev/null, for streams that nobody reads or writes.
enum NullDevice {
    static func open(_ flags: Int32) throws(HelperClientError) -> OwnedDescriptor {
        let descriptor = Glibc.open("/dev/null", flags | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(SystemError(errno: errno)) }
        return OwnedDescriptor(adopting: descriptor)
    }
}
