import Glibc

/// Who is whose child in this PID namespace at one moment. proc(5).
struct ProcessScan {
    struct Entry {
        var pid: pid_t
        var parent: pid_t
        /// Clock ticks since boot.
        var started: UInt64
        var isZombie: Bool
    }

    let entries: [pid_t: Entry]
    private let children: [pid_t: [pid_t]]

    init() {
        var entries: [pid_t: Entry] = [:]
        if let directory = opendir("/proc") {
            defer { closedir(directory) }
            while let item = readdir(directory) {
                let name = withUnsafePointer(to: &item.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                guard let pid = pid_t(name), let entry = Self.entry(pid) else { continue }
                entries[pid] = entry
            }
        }
        self.init(entries)
    }

    init(_ entries: [pid_t: Entry]) {
        self.entries = entries
        children = Dictionary(grouping: entries.values, by: \.parent).mapValues { $0.map(\.pid) }
    }

    func children(of pid: pid_t) -> [pid_t] { children[pid] ?? [] }

    /// Everything below `roots`, the roots included, but nothing at or below `spared`.
    func tree(_ roots: [pid_t], sparing spared: Set<pid_t> = []) -> [pid_t] {
        var found: [pid_t] = []
        var queue = roots
        var seen = spared
        while let pid = queue.popLast() {
            guard entries[pid] != nil, seen.insert(pid).inserted else { continue }
            found.append(pid)
            queue += children(of: pid)
        }
        return found
    }

    private static func entry(_ pid: pid_t) -> Entry? {
        let text = bytes("/proc/\(pid)/stat", limit: 4096)
        // The name is in parentheses and may itself hold any of them.
        guard let end = text.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = text[text.index(after: end)...].split(separator: UInt8(ascii: " ")).map {
            String(decoding: $0, as: UTF8.self)
        }
        // Fields 3 (state), 4 (ppid) and 22 (starttime).
        guard fields.count > 19, let parent = pid_t(fields[1]), let started = UInt64(fields[19]) else { return nil }
        return Entry(pid: pid, parent: parent, started: started, isZombie: fields[0] == "Z" || fields[0] == "X")
    }

    /// Whether the process's environment, as it was at its last execve, holds exactly this variable.
    static func hasVariable(_ pid: pid_t, _ variable: [UInt8]) -> Bool {
        bytes("/proc/\(pid)/environ", limit: 1 << 20).split(separator: 0).contains { $0.elementsEqual(variable) }
    }

    /// The hard limit of the process's file locks; nil if it has none. proc(5), limits.
    static func fileLockLimit(_ pid: pid_t) -> UInt64? {
        let text = String(decoding: bytes("/proc/\(pid)/limits", limit: 8192), as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix("Max file locks") }
        // Its name is three words; the soft limit is the first after them.
        return line.flatMap { $0.split(separator: " ").dropFirst(4).first }.flatMap { UInt64($0) }
    }

    /// Whether the process has a handler for the signal. proc(5), SigCgt.
    static func catches(_ pid: pid_t, _ signal: Int32) -> Bool {
        let status = String(decoding: bytes("/proc/\(pid)/status", limit: 8192), as: UTF8.self)
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("SigCgt:") }),
            let mask = UInt64(line.dropFirst(7).drop { $0 == "\t" || $0 == " " }, radix: 16)
        else { return false }
        return mask >> UInt64(signal - 1) & 1 != 0
    }

    private static func bytes(_ path: String, limit: Int) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while content.count < limit {
            let count = Glibc.read(file, &buffer, buffer.count)
            guard count > 0 else { break }
            content += buffer[..<count]
        }
        return content
    }
}
