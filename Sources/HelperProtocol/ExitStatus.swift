/// How a process ended (wait(2)) and what it used (getrusage(2)).
public struct ExitStatus: Sendable, Hashable {
    /// How the process ended.
    public enum Cause: Sendable, Hashable {
        /// It called exit with this code, 0 to 255.
        case exited(UInt8)
        /// This signal ended it.
        case signaled(UInt8)
    }

    /// How the process ended.
    public var cause: Cause
    /// CPU time in user mode, in microseconds; for a cell the sum over everything that ran in it.
    public var userMicroseconds: UInt64
    /// CPU time in the kernel, in microseconds.
    public var systemMicroseconds: UInt64
    /// Largest resident set, in KiB.
    public var maximumResidentKiB: UInt64

    /// Makes a status.
    public init(
        cause: Cause,
        userMicroseconds: UInt64 = 0,
        systemMicroseconds: UInt64 = 0,
        maximumResidentKiB: UInt64 = 0
    ) {
        self.cause = cause
        self.userMicroseconds = userMicroseconds
        self.systemMicroseconds = systemMicroseconds
        self.maximumResidentKiB = maximumResidentKiB
    }

    /// The number a shell would show: the code, or 128 plus the signal.
    public var shellCode: Int {
        switch cause {
        case .exited(let code): Int(code)
        case .signaled(let signal): 128 + Int(signal)
        }
    }

    func put(into fields: inout FieldWriter) {
        switch cause {
        case .exited(let code): fields.put(2, code)
        case .signaled(let signal): fields.put(3, signal)
        }
        fields.put(4, userMicroseconds)
        fields.put(5, systemMicroseconds)
        fields.put(6, maximumResidentKiB)
    }

    init(fields: FieldReader) throws(DecodingError) {
        guard fields.has(2) != fields.has(3) else { throw .invalidField(2) }
        cause = fields.has(2) ? .exited(try fields.integer(2)) : .signaled(try fields.integer(3))
        userMicroseconds = try fields.integer(4)
        systemMicroseconds = try fields.integer(5)
        maximumResidentKiB = try fields.integer(6)
    }
}
