package import HelperProtocol

/// What the server asks the keeper of a session's shell.
package enum ShellRequest: Sendable, Hashable {
    /// Run a command; the record carries its text and two or three pipes.
    case run(ShellRun)
    /// End a command and all it started: SIGTERM, the grace time, SIGKILL. The shell itself goes on.
    case stop(number: UInt32, graceMilliseconds: UInt32)

    /// How many descriptors its record carries.
    package var descriptorCount: Int {
        if case .run(let run) = self { run.hasInput ? 4 : 3 } else { 0 }
    }

    package func encoded() -> [UInt8] {
        var fields = FieldWriter()
        switch self {
        case .run(let run):
            fields.put(1, run.kind.rawValue)
            if let directory = run.directory { fields.put(2, bytes: directory) }
            for variable in run.variables { fields.put(3, bytes: variable) }
            fields.put(4, bytes: run.processID)
            if run.hasInput { fields.put(5, UInt8(1)) }
            return AgentRecord.encoded(1, id: run.number, fields)
        case .stop(let number, let grace):
            fields.put(1, grace)
            return AgentRecord.encoded(2, id: number, fields)
        }
    }

    package init(_ bytes: [UInt8], descriptorCount: Int) throws(DecodingError) {
        let record = try AgentRecord(bytes)
        switch record.operation {
        case 1:
            let fields = try record.fields([1, 2, 4, 5], repeatable: [3])
            self = .run(
                ShellRun(
                    number: record.id,
                    kind: try fields.choice(1),
                    directory: fields.has(2) ? try fields.bytes(2) : nil,
                    variables: fields.allBytes(3),
                    processID: try fields.bytes(4),
                    hasInput: fields.has(5) ? try fields.integer(5, as: UInt8.self) == 1 : false
                )
            )
        case 2: self = .stop(number: record.id, graceMilliseconds: try record.fields([1]).integer(1))
        default: throw .unknownOperation(record.operation)
        }
        guard descriptorCount == self.descriptorCount else { throw .wrongLength }
    }
}
