package import HelperProtocol

/// What the keeper of a session's shell tells the server.
package enum ShellEvent: Sendable, Hashable {
    /// A background command runs as this pid of its namespace.
    case started(number: UInt32, pid: Int32)
    /// A command has ended. `status` is the shell's: 0–255, 128 + signal for one that a signal ended. `directory` is
    /// the shell's working directory now; empty for background commands.
    case finished(number: UInt32, status: Int32, directory: [UInt8])
    /// The shell has ended, with everything that it would still have said.
    case ended(status: Int32)
    /// Nothing of a command that was to be stopped is left.
    case stopped(number: UInt32)

    package func encoded() -> [UInt8] {
        var fields = FieldWriter()
        switch self {
        case .started(let number, let pid):
            fields.put(1, pid)
            return AgentRecord.encoded(0x8001, id: number, fields)
        case .finished(let number, let status, let directory):
            fields.put(1, status)
            fields.put(2, bytes: directory)
            return AgentRecord.encoded(0x8002, id: number, fields)
        case .ended(let status):
            fields.put(1, status)
            return AgentRecord.encoded(0x8003, id: 0, fields)
        case .stopped(let number): return AgentRecord.encoded(0x8004, id: number)
        }
    }

    package init(_ bytes: [UInt8]) throws(DecodingError) {
        let record = try AgentRecord(bytes)
        switch record.operation {
        case 0x8001: self = .started(number: record.id, pid: try record.fields([1]).integer(1))
        case 0x8002:
            let fields = try record.fields([1, 2])
            self = .finished(number: record.id, status: try fields.integer(1), directory: try fields.bytes(2))
        case 0x8003: self = .ended(status: try record.fields([1]).integer(1))
        case 0x8004: self = .stopped(number: record.id)
        default: throw .unknownOperation(record.operation)
        }
    }
}
