/// What the kernel says about this process in /proc/self/status, proc_pid_status(5).
struct ProcessStatus: Equatable {
    /// Real, effective, saved and filesystem uid.
    var userIDs: [UInt32]
    /// Real, effective, saved and filesystem gid.
    var groupIDs: [UInt32]
    /// The five sets by their names in the file: CapInh, CapPrm, CapEff, CapBnd, CapAmb.
    var capabilities: [String: UInt64]
    /// 1 if execve(2) cannot grant anything.
    var noNewPrivileges: Int
    /// 2 if system calls are filtered.
    var seccompMode: Int
    /// Number of filters; nil on kernels that do not tell (before 5.9).
    var seccompFilters: Int?

    static let capabilitySets = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]

    /// Parses the file's text; throws if a line that is needed is missing or unreadable.
    init(text: String) throws(StartupError) {
        var lines: [Substring: Substring] = [:]
        for line in text.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            lines[line[..<colon]] = line[line.index(after: colon)...]
        }
        func words(_ name: String) throws(StartupError) -> [Substring] {
            guard let line = lines[name[...]] else { throw Self.unreadable(name) }
            return line.split { $0 == " " || $0 == "\t" }
        }
        func ids(_ name: String) throws(StartupError) -> [UInt32] {
            let numbers = try words(name).compactMap { UInt32($0) }
            guard numbers.count == 4 else { throw Self.unreadable(name) }
            return numbers
        }
        func number(_ name: String, radix: Int = 10) throws(StartupError) -> UInt64 {
            guard let number = try words(name).first.flatMap({ UInt64($0, radix: radix) }) else {
                throw Self.unreadable(name)
            }
            return number
        }
        userIDs = try ids("Uid")
        groupIDs = try ids("Gid")
        capabilities = [:]
        for name in Self.capabilitySets { capabilities[name] = try number(name, radix: 16) }
        noNewPrivileges = Int(clamping: try number("NoNewPrivs"))
        seccompMode = Int(clamping: try number("Seccomp"))
        seccompFilters = lines["Seccomp_filters"] == nil ? nil : Int(clamping: try number("Seccomp_filters"))
    }

    private static func unreadable(_ name: String) -> StartupError {
        StartupError("/proc/self/status does not show \(name); the server cannot verify that it has no privilege.")
    }
}
