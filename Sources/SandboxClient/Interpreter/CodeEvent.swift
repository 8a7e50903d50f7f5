import FoundationEssentials
import SandboxAPI

/// What code says while it runs.
public enum CodeEvent: Sendable, Hashable {
    /// It wrote to standard output.
    case stdout(String)
    /// It wrote to standard error.
    case stderr(String)
    /// It showed a value, or its last line has one.
    case output(CodeOutput)
    /// The last event: it ran to its end, as the kernel's run of this number. `isTruncated` if the server dropped output
    /// beyond its limit.
    case completed(executionCount: Int, isTruncated: Bool)
    /// The last event: it failed.
    case failed(CodeFailure)

    /// One event of the wire.
    static func step(_ data: Data) throws(SandboxClientError) -> EventSequence<CodeEvent>.Step {
        guard let fields = try? JSONDecoder().decode([String: JSONValue].self, from: data),
            case .string(let type)? = fields["type"]
        else { throw .streamBroken("An event is not understood.") }
        func string(_ name: String) -> String {
            if case .string(let text)? = fields[name] { text } else { "" }
        }
        switch type {
        case "stdout": return .event(.stdout(string("text")))
        case "stderr": return .event(.stderr(string("text")))
        case "result": return .event(.output(CodeOutput(fields)))
        case "execution_complete":
            var count = 0
            if case .integer(let number)? = fields["execution_count"] { count = number }
            return .last(.completed(executionCount: count, isTruncated: fields["truncated"] == .bool(true)))
        case "error":
            var lines: [String] = []
            if case .array(let values)? = fields["traceback"] {
                lines = values.compactMap { if case .string(let line) = $0 { line } else { nil } }
            }
            return .last(.failed(CodeFailure(name: string("ename"), message: string("evalue"), traceback: lines)))
        default: return .skip
        }
    }
}
