/// The helper's answer to a request that it understood but could not or would not carry out.
public struct HelperFailure: Error, Sendable, Hashable {
    /// What kind of failure it is.
    public enum Code: UInt16, Sendable {
        /// A step on the way to the new process failed; `stage` and `errno` say which and how. No process exists.
        case stepFailed = 1
        /// This door may not ask it. (A request before `hello` ends the connection.)
        case notPermitted = 2
        /// A descriptor is of a kind the helper does not hand to children, or the payload is not sealed.
        case unacceptableDescriptor = 3
        /// The payload is no valid ``SpawnPayload``.
        case malformedPayload = 4
        /// The handle names no running process.
        case unknownProcess = 5
        /// The process table, or the part of it that this namespace may use, is full. Try again later.
        case noFreeSlot = 6
        /// The namespace is being made anew. Try again later.
        case namespaceDown = 7
        /// The isolation that was demanded cannot be had here; `hello` says why. No process is ever started.
        case isolationUnavailable = 8
        /// The process has no terminal.
        case notATerminal = 9
        /// The helper is shutting down.
        case shuttingDown = 10
    }

    /// What kind of failure it is.
    public var code: Code
    /// The step that failed or objected; never ``Stage/none`` if the code is ``Code/stepFailed``.
    public var stage: Stage
    /// The kernel's error number of that step, 0 if there is none (errno(3)).
    public var errno: Int32

    /// Makes a failure.
    public init(_ code: Code, stage: Stage = .none, errno: Int32 = 0) {
        self.code = code
        self.stage = stage
        self.errno = errno
    }

    func put(into fields: inout FieldWriter) {
        fields.put(1, code.rawValue)
        fields.put(2, stage.rawValue)
        fields.put(3, errno)
    }

    init(record: [UInt8]) throws(DecodingError) {
        let fields = try FieldReader(record: record, known: [1, 2, 3])
        code = try fields.choice(1)
        stage = try fields.choice(2)
        errno = try fields.integer(3)
    }
}
