/// All that a run of code gave.
public struct CodeResult: Sendable, Hashable {
    /// What it wrote to standard output.
    public var stdout = ""
    /// What it wrote to standard error.
    public var stderr = ""
    /// What it showed, in its order; the value of the last line is the last.
    public var outputs: [CodeOutput] = []
    /// How it failed; nil if it did not.
    public var failure: CodeFailure?
    /// The kernel's number of the run; nil if it failed.
    public var executionCount: Int?
    /// Whether the server dropped output beyond its limit.
    public var isTruncated = false

    /// Whether it ran to its end.
    public var isSuccess: Bool { failure == nil }

    /// The last value as a plain text.
    public var text: String? { outputs.last { $0.text != nil }?.text }
}

extension EventSequence where Event == CodeEvent {
    /// Waits for the end of the code, and puts together what it gave.
    public func result() async throws(SandboxClientError) -> CodeResult {
        var result = CodeResult()
        for try await event in self {
            switch event {
            case .stdout(let text): result.stdout += text
            case .stderr(let text): result.stderr += text
            case .output(let output): result.outputs.append(output)
            case .completed(let count, let isTruncated):
                result.executionCount = count
                result.isTruncated = isTruncated
            case .failed(let failure): result.failure = failure
            }
        }
        return result
    }
}
