import Glibc
import HelperTransport

/// Whole files.
public enum FileBytes {
    /// Content of a file, also of one below /proc that has no size; nil if it cannot be read.
    public static func read(_ path: String) -> [UInt8]? {
        let number = open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { return nil }
        let descriptor = OwnedDescriptor(adopting: number)
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor.rawValue, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            if count < 0 { return nil }
            if count == 0 { return content }
            content += buffer[..<count]
        }
    }

    /// Makes or replaces a file.
    public static func write(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o644) throws {
        let number = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard number >= 0 else { throw TestFailure("cannot write \(path): \(SystemError(errno: errno))") }
        let descriptor = OwnedDescriptor(adopting: number)
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor.rawValue, $0.baseAddress, $0.count) }
            guard count > 0 else { throw TestFailure("cannot write \(path): \(SystemError(errno: errno))") }
            rest = rest.dropFirst(count)
        }
        // Whatever this process's umask is.
        guard fchmod(descriptor.rawValue, mode) == 0 else { throw TestFailure("cannot set the mode of \(path)") }
    }

    /// Makes or replaces a text file.
    public static func write(_ text: String, to path: String, mode: UInt32 = 0o644) throws {
        try write(Array(text.utf8), to: path, mode: mode)
    }
}
