import Glibc
import HelperProtocol
import HelperTransport

/// What Jupyter is started from. Made once: server and Jupyter are started again each for itself, and must go on
/// understanding each other.
final class JupyterProgram {
    /// Its executable, as control sees it.
    let path: String
    /// Where its socket lies: a directory that only the control uid can enter.
    let directory: String
    /// A sealed file with the token by which Jupyter knows the server: 64 hexadecimal digits.
    let token: OwnedDescriptor

    /// nil if no program was configured.
    init?(_ configuration: HelperConfiguration, _ mode: RunningMode) throws(ConfigurationError) {
        guard !configuration.jupyter.isEmpty else { return nil }
        guard mode.isolation != .landlock else {
            // ZeroMQ sets its threads' scheduling, which is refused there, and what a kernel in a cell says would go
            // through sockets with a name that the one uid can connect to.
            Log.warning("jupyter: not started, for kernels cannot be had in mode landlock")
            return nil
        }
        path = configuration.jupyter
        guard access(path, X_OK) == 0 else {
            throw ConfigurationError("jupyter: '\(path)' cannot be executed: \(SystemError(errno: errno))")
        }
        if case .namespaces = mode {
            // A file system of its own, which no other namespace has.
            directory = MountPlan.homePath(.control) + "/jupyter"
        } else {
            // Jupyter makes it. A name that nobody can guess cannot be taken before.
            directory = "/tmp/sandbox-jupyter-" + Self.hexadecimal(8)
        }
        do { token = try SealedFile.make("token", Array(Self.hexadecimal(32).utf8)) } catch {
            throw ConfigurationError("jupyter: no file in memory for its token: \(error)")
        }
    }

    /// So many bytes from the kernel's generator, two digits each.
    private static func hexadecimal(_ count: Int) -> String {
        var text = ""
        for _ in 0..<count {
            let byte = UInt8.random(in: .min ... .max)
            text += String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }
        return text
    }
}
