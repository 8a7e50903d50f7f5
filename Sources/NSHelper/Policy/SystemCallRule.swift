/// One row of a system call policy: which calls, on which condition, with which answer, and why.
struct SystemCallRule {
    /// A comparison of one argument.
    enum Condition {
        case equal(argument: UInt32, UInt64)
        case notEqual(argument: UInt32, UInt64)
        case greater(argument: UInt32, UInt64)
        /// `(argument & mask) == value`
        case masked(argument: UInt32, mask: UInt64, value: UInt64)
    }

    var names: [String]
    var conditions: [Condition] = []
    /// errno that the caller sees.
    var error: Int32
    var reason: StaticString
}
