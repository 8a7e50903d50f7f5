import Glibc

/// What /proc says about a process, read as root (proc_pid_stat(5), proc_pid_status(5)).
public enum ProcessFile {
    /// Every process that this PID namespace contains, zombies included.
    public static var all: [Int32] {
        DirectoryListing.names("/proc").compactMap { Int32($0) }
    }

    /// Content of `/proc/PID/NAME`; nil if the process is gone or the file cannot be read.
    public static func bytes(_ pid: Int32, _ name: String) -> [UInt8]? {
        FileBytes.read("/proc/\(pid)/\(name)")
    }

    /// Content of `/proc/PID/NAME` as text.
    public static func text(_ pid: Int32, _ name: String) -> String? {
        bytes(pid, name).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The fields of `/proc/PID/status`, without the blanks around them.
    public static func status(_ pid: Int32) -> [String: String] {
        var fields: [String: String] = [:]
        for line in (text(pid, "status") ?? "").split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].split(whereSeparator: { $0 == " " || $0 == "\t" })
            fields[String(line[..<colon])] = value.joined(separator: " ")
        }
        return fields
    }

    /// The parent's pid; nil if the process is gone.
    public static func parent(_ pid: Int32) -> Int32? { status(pid)["PPid"].flatMap { Int32($0) } }

    /// The kernel's short name of the process.
    public static func name(_ pid: Int32) -> String? { status(pid)["Name"] }

    /// Real uid of the process; nil if it is gone.
    public static func userID(_ pid: Int32) -> UInt32? {
        status(pid)["Uid"]?.split(separator: " ").first.flatMap { UInt32($0) }
    }

    /// Children of a process.
    public static func children(_ pid: Int32) -> [Int32] { all.filter { parent($0) == pid } }

    /// Every process whose real uid is one of these.
    public static func processes(of userIDs: Set<UInt32>) -> [Int32] {
        all.filter { userID($0).map(userIDs.contains) ?? false }
    }

    /// What a link of `/proc/PID` points to: `ns/pid`, `exe`, `fd/3`; nil if it cannot be read.
    public static func link(_ pid: Int32, _ name: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes { bytes in
            bytes.withMemoryRebound(to: CChar.self) { link in
                link.baseAddress.map { readlink("/proc/\(pid)/\(name)", $0, link.count) } ?? -1
            }
        }
        return count >= 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }
}
