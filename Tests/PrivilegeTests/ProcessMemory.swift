import CTestShim
import Glibc
import HelperTransport
import SandboxTestSupport

/// Another process's memory, read as root (proc_pid_mem(5)).
enum ProcessMemory {
    /// Whether the bytes of `text` stand anywhere in it.
    static func contains(_ text: String, pid: Int32) throws -> Bool {
        guard let maps = ProcessFile.text(pid, "maps") else { return false }
        let number = open("/proc/\(pid)/mem", O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { throw SystemError(errno: errno) }
        let memory = OwnedDescriptor(adopting: number)
        let needle = Array(text.utf8)
        for line in maps.split(separator: "\n") {
            let range = line.prefix { $0 != " " }.split(separator: "-").compactMap { UInt64($0, radix: 16) }
            guard range.count == 2, range[1] < 1 << 63, line.dropFirst(line.prefix { $0 != " " }.count + 1).first == "r"
            else { continue }
            // Address space that was only reserved is not read: it holds nothing.
            var position = range[0]
            var carried: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 1 << 20)
            while position < range[1] {
                let count = pread(
                    memory.rawValue,
                    &buffer,
                    min(buffer.count, Int(range[1] - position)),
                    off_t(position)
                )
                if count <= 0 { break }
                let text = carried + buffer[..<count]
                if find(needle, in: text) { return true }
                carried = Array(text.suffix(needle.count - 1))
                position += UInt64(count)
            }
        }
        return false
    }

    private static func find(_ needle: [UInt8], in text: [UInt8]) -> Bool {
        text.withUnsafeBytes { text in
            needle.withUnsafeBytes { needle in
                guard let start = text.baseAddress, let wanted = needle.baseAddress else { return false }
                return ct_contains(start, text.count, wanted, needle.count) != 0
            }
        }
    }
}
