import Glibc
import HelperTransport

/// Small text files of the kernel's and the operator's, read whole without Foundation.
enum TextFile {
    /// The content, or nil if the file cannot be read, is larger than `limit`, or is not UTF-8.
    static func read(_ path: String, limit: Int = 1 << 20) -> String? {
        readBytes(path, limit: limit).flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// The content, or nil if the file cannot be read or is larger than `limit`.
    static func readBytes(_ path: String, limit: Int) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        return readBytes(adopting: OwnedDescriptor(adopting: descriptor), limit: limit)
    }

    /// The content of an open file, or nil if it cannot be read or is larger than `limit`.
    static func readBytes(adopting file: consuming OwnedDescriptor, limit: Int) -> [UInt8]? {
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = Glibc.read(file.rawValue, &chunk, chunk.count)
            guard count >= 0, content.count + count <= limit else { return nil }
            if count == 0 { break }
            content += chunk[..<count]
        }
        return content
    }
}
