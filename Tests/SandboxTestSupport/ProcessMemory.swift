import CTestShim
import Glibc
public import HelperTransport

/// Another process's memory, read as root (proc_pid_mem(5)).
public enum ProcessMemory {
    /// How often the bytes of `text` stand in what the process can read, all mappings together.
    ///
    /// - Throws: errno if the process is gone or cannot be read.
    public static func copies(of text: String, in pid: Int32) throws(SystemError) -> Int {
        guard let maps = ProcessFile.text(pid, "maps"), !maps.isEmpty else { throw SystemError(errno: ESRCH) }
        let number = open("/proc/\(pid)/mem", O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { throw SystemError(errno: errno) }
        let memory = OwnedDescriptor(adopting: number)
        let needle = Array(text.utf8)
        var found = 0
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
                found += occurrences(of: needle, in: text)
                carried = Array(text.suffix(needle.count - 1))
                position += UInt64(count)
            }
        }
        return found
    }

    private static func occurrences(of needle: [UInt8], in text: [UInt8]) -> Int {
        text.withUnsafeBytes { text in
            needle.withUnsafeBytes { needle in
                guard let start = text.baseAddress, let wanted = needle.baseAddress else { return 0 }
                return ct_count(start, text.count, wanted, needle.count)
            }
        }
    }
}
