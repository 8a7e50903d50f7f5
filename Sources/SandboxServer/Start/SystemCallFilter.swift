import CMessageShim
import Glibc
import HelperTransport

/// The server's own last step down: from here on this process can start no program, whoever controls it.
///
/// The helper builds the filter but cannot install it, because it would deny the execve that starts the server.
enum SystemCallFilter {
    /// Installs the program in `descriptor` for every thread, and closes the descriptor.
    static func install(from descriptor: consuming OwnedDescriptor) throws(StartupError) {
        let code = cms_install_filter(descriptor.rawValue)
        guard code == 0 else {
            throw StartupError("the seccomp filter cannot be installed: \(SystemError(errno: code)).")
        }
    }
}
