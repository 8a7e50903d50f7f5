/// What /proc/self/mountinfo says about places that hold secrets or a way out (proc_pid_mountinfo(5)).
struct MountTable {
    struct Entry: Hashable {
        var mountPoint: String
        var type: String
    }

    var entries: [Entry]

    /// Reads the table. Names of files are bytes: what is no UTF-8 comes out repaired, and is then covered
    /// under no name, but the rest of the table counts.
    init(mountinfo bytes: [UInt8]) {
        entries = bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let fields = line.split(separator: UInt8(ascii: " "))
            guard let dash = fields.firstIndex(of: [UInt8(ascii: "-")]), fields.count > dash + 1, fields.count > 4
            else { return nil }
            return Entry(
                mountPoint: Self.unescape(fields[4]),
                type: String(decoding: fields[dash + 1], as: UTF8.self)
            )
        }
    }

    /// Mount points to cover in `user` and `secure`: another /proc, engines' sockets, mounted secrets. Places
    /// below /run, /proc and /dev are covered with their parents anyway.
    var suspicious: [String] { suspicious(outside: ["/proc", "/run", "/dev", "/tmp"]) }

    /// The same where only `covered` are covered.
    func suspicious(outside covered: [String]) -> [String] {
        entries.filter { entry in
            let path = entry.mountPoint
            guard !covered.contains(where: { path == $0 || path.hasPrefix($0 + "/") })
            else { return false }
            let isKernels = Self.kernelTypes.contains(entry.type) && path != "/sys" && !path.hasPrefix("/sys/")
            return isKernels || path.hasSuffix(".sock") || path.contains("/secrets")
                || path.contains("/serviceaccount")
        }.map(\.mountPoint)
    }

    /// File systems through which the kernel is looked into or administered.
    private static let kernelTypes: Set<String> = [
        "proc", "sysfs", "cgroup", "cgroup2", "debugfs", "tracefs", "securityfs", "bpf", "pstore", "efivarfs",
    ]

    /// The kernel writes blank, tab, newline and backslash as three octal digits.
    private static func unescape(_ field: ArraySlice<UInt8>) -> String {
        var bytes: [UInt8] = []
        var rest = field
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.count >= 3,
                let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
            {
                bytes.append(code)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
