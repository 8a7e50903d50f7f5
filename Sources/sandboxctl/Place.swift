import ArgumentParser

/// Where `cp` copies from or to: `:path` lies in the sandbox, anything else on the caller's machine.
enum Place: ExpressibleByArgument {
    case local(String)
    case sandbox(String)

    init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        if argument.hasPrefix(":") {
            let path = String(argument.dropFirst())
            self = .sandbox(path.isEmpty ? "." : path)
        } else {
            self = .local(argument)
        }
    }

    static var defaultCompletionKind: CompletionKind { .file() }
}
