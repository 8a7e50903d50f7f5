import Glibc
import SandboxTestSupport

/// Root's search through every process of this machine, whatever namespace it lives in.
enum HostProcesses {
    /// The processes whose command line holds the text.
    static func withArgument(_ text: String) -> [pid_t] {
        ProcessFile.all.filter { ProcessFile.bytes($0, "cmdline")?.holds(text) ?? false }
    }

    /// The processes whose initial environment holds the text.
    static func withVariable(_ text: String) -> [pid_t] {
        ProcessFile.all.filter { ProcessFile.bytes($0, "environ")?.holds(text) ?? false }
    }

    /// Resident memory in KiB; nil if the process is gone.
    static func residentKiB(_ pid: pid_t) -> Int? {
        ProcessFile.status(pid)["VmRSS"]?.split(separator: " ").first.flatMap { Int($0) }
    }

    /// How often the text stands in the writable memory of a process.
    static func copies(of text: String, inMemoryOf pid: pid_t) -> Int {
        let memory = open("/proc/\(pid)/mem", O_RDONLY | O_CLOEXEC)
        guard memory >= 0 else { return 0 }
        defer { close(memory) }
        var found = 0
        for line in (ProcessFile.text(pid, "maps") ?? "").split(separator: "\n") {
            let fields = line.split(separator: " ")
            let bounds = fields[0].split(separator: "-").compactMap { UInt64($0, radix: 16) }
            guard fields.count > 1, fields[1].hasPrefix("rw"), bounds.count == 2, bounds[1] <= .max / 2 else {
                continue
            }
            // In pieces: an arena may be reserved in full and be touched in part. Pieces overlap by the text's length.
            var start = bounds[0]
            let piece: UInt64 = 1 << 20
            while start < bounds[1] {
                var bytes = [UInt8](
                    repeating: 0,
                    count: Int(min(piece + UInt64(text.utf8.count - 1), bounds[1] - start))
                )
                let count = pread(memory, &bytes, bytes.count, off_t(start))
                if count > 0 { found += bytes[..<count].occurrences(of: text) }
                start += piece
            }
        }
        return found
    }
}

extension Collection<UInt8> {
    /// Whether the bytes of the text stand here, one after the other.
    func holds(_ text: String) -> Bool { occurrences(of: text) > 0 }

    /// How often they do.
    func occurrences(of text: String) -> Int {
        let needle = Array(text.utf8)
        guard let first = needle.first else { return 0 }
        var count = 0
        var rest = self[...]
        while let start = rest.firstIndex(of: first) {
            if rest[start...].starts(with: needle) { count += 1 }
            rest = rest[rest.index(after: start)...]
        }
        return count
    }
}
