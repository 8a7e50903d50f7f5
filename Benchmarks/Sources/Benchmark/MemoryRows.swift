import Glibc

/// What the pair's processes occupy, as the kernel counts it: /proc/PID/smaps_rollup, proc_pid_smaps_rollup(5).
enum MemoryRows {
    static func measure(_ pair: PairProcess) -> [[String]] {
        let children = pids().filter { stat($0)?.parent == pair.pid }
        let named =
            [(pair.pid, "ns-helper")]
            + children.map { pid in
                let name = stat(pid)?.name ?? ""
                return (pid, name.hasPrefix("ns-init") ? name : "sandbox-server")
            }
        return named.map { pid, name in
            let fields = rollup(pid)
            let own = (fields["Private_Clean"] ?? 0) + (fields["Private_Dirty"] ?? 0)
            return [name, text(fields["Rss"] ?? 0), text(fields["Pss"] ?? 0), text(own)]
        }
    }

    private static func text(_ kibibytes: Int) -> String { (Double(kibibytes) / 1024).text(2) + " MiB" }

    private static func rollup(_ pid: pid_t) -> [String: Int] {
        var fields: [String: Int] = [:]
        for line in content("/proc/\(pid)/smaps_rollup").split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 3, words[2] == "kB", let number = Int(words[1]) else { continue }
            fields[String(words[0].dropLast())] = number
        }
        return fields
    }

    private static func stat(_ pid: pid_t) -> (name: String, parent: pid_t)? {
        let text = content("/proc/\(pid)/stat")
        guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: close)...].split(separator: " ")
        guard fields.count > 1, let parent = pid_t(fields[1]) else { return nil }
        return (String(text[text.index(after: open)..<close]), parent)
    }

    private static func pids() -> [pid_t] {
        guard let directory = opendir("/proc") else { return [] }
        defer { closedir(directory) }
        var pids: [pid_t] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if let pid = pid_t(name) { pids.append(pid) }
        }
        return pids.sorted()
    }

    private static func content(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
    }
}
