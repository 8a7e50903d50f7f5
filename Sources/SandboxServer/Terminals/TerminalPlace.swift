import SandboxAPI

/// Where a terminal's shell starts, and what it finds in its environment beside the basics.
struct TerminalPlace: Sendable {
    var directory: String
    var namespace: NamespaceName
    var variables: [(name: String, value: SecretBytes)]
}
