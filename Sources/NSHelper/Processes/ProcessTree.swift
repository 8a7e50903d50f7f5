import Glibc
import HelperTransport

/// A snapshot of /proc: who is whose child (proc_pid_stat(5)).
struct ProcessTree {
    struct Entry: Hashable {
        var pid: pid_t
        var parent: pid_t
        /// Clock ticks after boot; with the pid it names a process for good.
        var startTime: UInt64
        /// R, S, D, T, Z …
        var state: UInt8
    }

    private(set) var children: [pid_t: [Entry]] = [:]

    /// Reads every process that this PID namespace contains.
    init() {
        guard let directory = opendir("/proc") else { return }
        defer { closedir(directory) }
        while let item = readdir(directory) {
            let name = withUnsafePointer(to: &item.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard let pid = pid_t(name), let entry = Self.entry(pid) else { continue }
            children[entry.parent, default: []].append(entry)
        }
    }

    /// Everything below `roots`, without the roots.
    func descendants(of roots: [pid_t]) -> [Entry] {
        var found: [Entry] = []
        var seen = Set(roots)
        var queue = roots[...]
        while let pid = queue.popFirst() {
            for entry in children[pid] ?? [] where seen.insert(entry.pid).inserted {
                found.append(entry)
                queue.append(entry.pid)
            }
        }
        return found
    }

    /// One process as it is now; nil if it is gone.
    static func entry(_ pid: pid_t) -> Entry? {
        let descriptor = open("/proc/\(pid)/stat", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        let file = OwnedDescriptor(adopting: descriptor)
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = read(file.rawValue, &bytes, bytes.count)
        return count > 0 ? parse(pid: pid, stat: bytes[..<count]) : nil
    }

    /// The command name may hold anything, blanks and parentheses too: what follows starts after the last one.
    static func parse(pid: pid_t, stat: ArraySlice<UInt8>) -> Entry? {
        guard let end = stat.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = stat[(end + 1)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 19, let state = fields[0].first,
            let parent = pid_t(String(decoding: fields[1], as: UTF8.self)),
            let startTime = UInt64(String(decoding: fields[19], as: UTF8.self))
        else { return nil }
        return Entry(pid: pid, parent: parent, startTime: startTime, state: state)
    }
}

extension ProcessTree.Entry {
    struct ID: Hashable {
        var pid: pid_t
        var startTime: UInt64
    }

    var id: ID { ID(pid: pid, startTime: startTime) }
}
