/// How code failed. Not an error of the call: as a command's exit code, it is the code's own result.
public struct CodeFailure: Sendable, Hashable, CustomStringConvertible {
    /// The exception's type. `TimeoutError` at the time limit, `KernelDied` and `InterpreterLost` where the code's process
    /// or the whole interpreter ended.
    public var name: String
    /// The exception's message.
    public var message: String
    /// The lines of the traceback, with the terminal's colours in them (ECMA-48).
    public var traceback: [String]

    /// Type and message.
    public var description: String { message.isEmpty ? name : "\(name): \(message)" }
}
