/// A configuration that cannot work: one sentence that names the option and what it takes.
struct ConfigurationError: Error, Hashable {
    var message: String

    init(_ message: String) {
        self.message = message
    }
}
