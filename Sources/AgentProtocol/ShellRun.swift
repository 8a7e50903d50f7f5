/// One command for a session's shell. Its text is in a sealed memfd, the first descriptor of the record; the second and
/// third are the pipes for its output, and the fourth, if there is one, the pipe with its input.
package struct ShellRun: Sendable, Hashable {
    /// How the command relates to the shell.
    package enum Kind: UInt8, Sendable {
        /// In the shell itself: what it changes stays.
        case foreground = 1
        /// In a copy of the shell that nobody waits for.
        case background = 2
    }

    /// Chosen by the server, never used twice in a session.
    package var number: UInt32
    package var kind: Kind
    /// Where to run it instead of in the shell's present directory; foreground commands come back from there.
    package var directory: [UInt8]?
    /// Variables for this command alone, as `NAME=value`. None is a credential.
    package var variables: [[UInt8]]
    /// The value of `SANDBOX_PROCESS_ID` in a background command: by it descendants are found that left the tree.
    package var processID: [UInt8]
    /// Whether it has an input; else its standard input is at its end.
    package var hasInput: Bool

    package init(
        number: UInt32,
        kind: Kind,
        directory: [UInt8]? = nil,
        variables: [[UInt8]] = [],
        processID: [UInt8] = [],
        hasInput: Bool = false
    ) {
        self.number = number
        self.kind = kind
        self.directory = directory
        self.variables = variables
        self.processID = processID
        self.hasInput = hasInput
    }
}
