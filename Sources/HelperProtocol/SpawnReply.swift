/// The answer to a spawn: the program runs. With a terminal, the record carries its master.
public struct SpawnReply: Sendable, Hashable {
    /// Names the process in later requests and in its exit event.
    public var handle: ProcessHandle
    /// The pid as seen inside the process's own PID namespace; for show, never for signalling.
    public var pid: Int32

    /// Makes a reply.
    public init(handle: ProcessHandle, pid: Int32) {
        self.handle = handle
        self.pid = pid
    }

    func put(into fields: inout FieldWriter) {
        fields.put(1, handle.rawValue)
        fields.put(2, pid)
    }

    init(record: [UInt8]) throws(DecodingError) {
        let fields = try FieldReader(record: record, known: [1, 2])
        handle = ProcessHandle(rawValue: try fields.integer(1))
        pid = try fields.integer(2)
    }
}
