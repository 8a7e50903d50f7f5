/// A kernel that keeps its state from one run to the next: variables, functions, imports. The value costs nothing and does
/// not keep the kernel alive.
public struct CodeContext: Sendable, Hashable {
    /// Names it.
    public let id: String
    /// The language of its code.
    public let language: CodeLanguage
    /// Where its code began.
    public let workingDirectory: String
}
