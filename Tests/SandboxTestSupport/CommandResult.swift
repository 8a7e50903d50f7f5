public import HelperProtocol

/// A command of a pair that has ended.
public struct CommandResult: Sendable {
    /// How it ended.
    public var status: ExitStatus
    /// What it wrote to its standard output.
    public var output: [UInt8]
    /// What it wrote to its standard error.
    public var errors: [UInt8]
    /// Its pid inside its own PID namespace.
    public var pid: Int32

    /// Its exit code, or 128 plus the signal that ended it, as a shell shows it.
    public var code: Int { status.shellCode }
    /// Its standard output as text, without the newlines at the end.
    public var text: String { Self.text(output) }
    /// Its standard error as text, without the newlines at the end.
    public var errorText: String { Self.text(errors) }
    /// The lines of its standard output.
    public var lines: [String] { text.split(separator: "\n").map(String.init) }

    private static func text(_ bytes: [UInt8]) -> String {
        var text = String(decoding: bytes, as: UTF8.self)
        while text.hasSuffix("\n") { text.removeLast() }
        return text
    }
}
