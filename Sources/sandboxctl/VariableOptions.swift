import ArgumentParser
import SandboxAPI

/// Variables for a command. Values never stand in the arguments, which everybody on the machine can see.
struct VariableOptions: ParsableArguments {
    @Option(
        name: [.short, .long],
        help: ArgumentHelp("Passes on this variable of your environment. May be given many times.", valueName: "name")
    )
    var env: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp("Passes on the NAME=value lines of this file; '#' begins a comment line.", valueName: "path")
    )
    var envFile: [String] = []

    /// The variables; of equal names the last counts, and --env after --env-file.
    func variables() throws(SandboxctlError) -> [String: SecretBytes] {
        var variables: [String: SecretBytes] = [:]
        for path in envFile {
            for (name, value) in try Self.parse(try LocalFile.bytes(path, limit: 1 << 20), path) {
                variables[name] = SecretBytes(value)
            }
        }
        for name in env {
            guard !name.contains("=") else {
                throw SandboxctlError(
                    "--env takes a name only: a value in the arguments could be read by everybody on this machine.",
                    remedy: "Export the variable first, or write NAME=value into a file for --env-file.",
                    exitCode: 64
                )
            }
            guard let value = Environment.bytes(name) else {
                throw SandboxctlError(
                    "The variable \(name) is not set.",
                    remedy: "Export it first: --env takes its value from your environment.",
                    exitCode: 64
                )
            }
            variables[name] = SecretBytes(value)
        }
        return variables
    }

    /// - Throws: The number of a line that is none, and nothing of it.
    static func parse(_ content: [UInt8], _ path: String) throws(SandboxctlError) -> [(String, [UInt8])] {
        var variables: [(String, [UInt8])] = []
        for (index, line) in content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
        {
            let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            guard !line.isEmpty, line.first != UInt8(ascii: "#") else { continue }
            guard let equals = line.firstIndex(of: UInt8(ascii: "=")), equals > line.startIndex else {
                throw SandboxctlError("\(path), line \(index + 1): is not NAME=value.", exitCode: 65)
            }
            variables.append((String(decoding: line[..<equals], as: UTF8.self), Array(line[(equals + 1)...])))
        }
        return variables
    }
}
