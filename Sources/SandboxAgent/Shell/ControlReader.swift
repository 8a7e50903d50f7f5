/// Takes the shell's reports apart: texts that end with a NUL. The shell is the user's, and so is what it writes here:
/// anything that is no report is dropped.
struct ControlReader {
    enum Report: Hashable {
        case forked(number: UInt32, pid: Int32)
        case started(number: UInt32, pid: Int32)
        case failed(number: UInt32)
        case detached(number: UInt32)
        case ended(number: UInt32, status: Int32, directory: [UInt8])
    }

    /// Longest report: a path and two numbers.
    private static let limit = 8192
    private var pending: [UInt8] = []

    /// Takes bytes and returns the reports that are whole with them.
    mutating func read(_ bytes: some Sequence<UInt8>) -> [Report] {
        var reports: [Report] = []
        for byte in bytes {
            if byte == 0 {
                if let report = Self.report(pending) { reports.append(report) }
                pending = []
            } else if pending.count < Self.limit {
                pending.append(byte)
            }
        }
        return reports
    }

    private static func report(_ bytes: [UInt8]) -> Report? {
        let parts = bytes.split(separator: UInt8(ascii: " "), maxSplits: 3, omittingEmptySubsequences: false)
        func number<Value: FixedWidthInteger>(_ index: Int) -> Value? {
            parts.indices.contains(index) ? Value(String(decoding: parts[index], as: UTF8.self)) : nil
        }
        guard let kind = parts.first, let command: UInt32 = number(1) else { return nil }
        switch String(decoding: kind, as: UTF8.self) {
        case "P", "S":
            guard let pid: Int32 = number(2), pid > 1 else { return nil }
            return kind == [UInt8(ascii: "P")]
                ? .forked(number: command, pid: pid) : .started(number: command, pid: pid)
        case "F": return .failed(number: command)
        case "D": return .detached(number: command)
        case "E":
            guard let status: Int32 = number(2), parts.count == 4 else { return nil }
            return .ended(number: command, status: status & 0xFF, directory: Array(parts[3]))
        default: return nil
        }
    }
}
