/// Names of processes: what clients choose, and what they get if they do not.
enum ProcessID {
    /// `proc_<milliseconds since 1970>_<6 characters of base 36>`
    static func generated(milliseconds: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        let digits = Array("0123456789abcdefghijklmnopqrstuvwxyz")
        let suffix = String((0..<6).map { _ in digits[Int.random(in: 0..<36, using: &generator)] })
        return "proc_\(milliseconds)_\(suffix)"
    }

    /// These would be hidden by routes of the same name.
    private static let reserved: Set = ["list", "start", "kill-all"]

    /// Whether a name can stand in a path and in a log line: letters, digits and `._-`, beginning with one of the first
    /// two, at most 128.
    static func isValid(_ id: String) -> Bool {
        guard let first = id.utf8.first, (1...128).contains(id.utf8.count), !reserved.contains(id) else { return false }
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"):
                true
            default: false
            }
        }
        return isAlphanumeric(first) && id.utf8.allSatisfy { isAlphanumeric($0) || "._-".utf8.contains($0) }
    }
}
