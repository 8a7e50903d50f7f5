import Glibc
import HelperTransport

/// Files of at most 64 KiB that are read whole.
enum SmallFile {
    private static let limit = 65_536

    /// The file's bytes; nil if it cannot be read or is longer. open(2), read(2).
    static func bytes(_ path: String) -> [UInt8]? {
        let rawValue = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard rawValue >= 0 else { return nil }
        let descriptor = OwnedDescriptor(adopting: rawValue)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor.rawValue, &buffer, buffer.count)
            guard count >= 0 || errno == EINTR else { return nil }
            if count == 0 { return bytes }
            bytes += buffer[..<max(count, 0)]
            guard bytes.count <= limit else { return nil }
        }
    }

    /// The same as text.
    static func text(_ path: String) -> String? {
        bytes(path).map { String(decoding: $0, as: UTF8.self) }
    }
}
