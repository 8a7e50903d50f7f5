/// Why the server will not run here: one sentence for the operator. Ends the process with status 78 (EX_CONFIG).
struct StartupError: Error, Equatable, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
