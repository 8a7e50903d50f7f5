/// A pattern of paths. `*` stands for anything but a slash, `?` for one character but a slash, `**` for anything; every
/// other character stands for itself.
///
/// A pattern without a slash is compared with each component of a path, one with a slash with the path from its
/// beginning. What lies below something that matches, matches too.
struct Glob: Sendable, Hashable {
    private enum Token: Sendable, Hashable {
        case literal(Unicode.Scalar)
        case one
        case many
        case anything
        /// `**/`: any number of whole components, none as well.
        case components
    }

    /// Longest pattern in bytes; with it the work for one path is bounded.
    static let maximum = 256

    private let tokens: [Token]
    private let isAnchored: Bool

    init(_ pattern: String) {
        var scalars = Array(pattern.unicodeScalars)[...]
        isAnchored = scalars.contains("/")
        if scalars.first == "/" { scalars = scalars.dropFirst() }
        var tokens: [Token] = []
        while let scalar = scalars.popFirst() {
            switch scalar {
            case "*" where scalars.first == "*":
                let isComponent = tokens.isEmpty || tokens.last == .literal("/")
                while scalars.first == "*" { scalars = scalars.dropFirst() }
                if isComponent, scalars.first == "/" {
                    scalars = scalars.dropFirst()
                    tokens.append(.components)
                } else {
                    tokens.append(.anything)
                }
            case "*": tokens.append(.many)
            case "?": tokens.append(.one)
            default: tokens.append(.literal(scalar))
            }
        }
        // `dir/` means the directory.
        if tokens.last == .literal("/") { tokens.removeLast() }
        self.tokens = tokens
    }

    /// - Parameter path: Relative, without a slash at either end.
    func matches(_ path: String) -> Bool {
        let scalars = Array(path.unicodeScalars)
        if isAnchored { return match(scalars[...]) }
        return scalars.split(separator: "/").contains { match($0) }
    }

    /// Follows all ways through the pattern at once, so that no path takes more than path times pattern steps.
    private func match(_ text: ArraySlice<Unicode.Scalar>) -> Bool {
        var states: Set<Int> = []
        arrive(0, &states)
        for scalar in text {
            // What has matched up to a slash matches with everything below.
            if scalar == "/", states.contains(tokens.count) { return true }
            var next: Set<Int> = []
            for state in states where state < tokens.count {
                switch tokens[state] {
                case .literal(let literal): if literal == scalar { arrive(state + 1, &next) }
                case .one: if scalar != "/" { arrive(state + 1, &next) }
                case .many: if scalar != "/" { arrive(state, &next) }
                case .anything: arrive(state, &next)
                case .components:
                    // Not by arriving: in the middle of a component it cannot be left.
                    next.insert(state)
                    if scalar == "/" { arrive(state + 1, &next) }
                }
            }
            states = next
        }
        return states.contains(tokens.count)
    }

    /// Enters a state and those that need no further character.
    private func arrive(_ state: Int, _ states: inout Set<Int>) {
        guard states.insert(state).inserted, state < tokens.count else { return }
        switch tokens[state] {
        case .many, .anything, .components: arrive(state + 1, &states)
        case .literal, .one: return
        }
    }
}
