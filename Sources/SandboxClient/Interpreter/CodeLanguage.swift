/// A language of the code interpreter. Which of them a sandbox has is its image's business.
public struct CodeLanguage: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// As the API spells it.
    public var rawValue: String

    /// A language of that name; whether the sandbox has it shows with the first call.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Python 3 with IPython's additions; figures are shown as pictures.
    public static let python = CodeLanguage(rawValue: "python")
    /// bash(1)
    public static let bash = CodeLanguage(rawValue: "bash")
    /// JavaScript, run by Deno.
    public static let javascript = CodeLanguage(rawValue: "javascript")
    /// TypeScript, run by Deno.
    public static let typescript = CodeLanguage(rawValue: "typescript")

    /// As the API spells it.
    public var description: String { rawValue }
}
