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
