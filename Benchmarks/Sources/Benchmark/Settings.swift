/// What to measure, from the command line.
struct Settings {
    /// The directory that holds `ns-helper` and `sandbox-server`.
    var programs = ""
    /// Commands of each kind.
    var runs = 500
    /// Starts of a pair.
    var starts = 20
    /// The shell that runs the commands, everywhere the same.
    var shell = "/bin/sh"

    init(_ arguments: some Sequence<String>) throws {
        var rest = Array(arguments)[...]
        while let name = rest.popFirst() {
            guard let value = rest.popFirst() else { throw Failure("\(name) needs a value") }
            switch name {
            case "--programs": programs = value
            case "--runs": runs = try Self.number(name, value)
            case "--starts": starts = try Self.number(name, value)
            case "--shell": shell = value
            default: throw Failure("unknown option \(name); known: --runs, --starts, --shell, --programs")
            }
        }
        guard !programs.isEmpty else { throw Failure("--programs must name the directory of the two programs") }
    }

    private static func number(_ name: String, _ text: String) throws -> Int {
        guard let number = Int(text), number > 0 else { throw Failure("\(name) needs a number above 0") }
        return number
    }
}
