import Glibc
import HelperProtocol

/// What the helper was called with: what to do, and the options in order of precedence.
struct CommandLine: Hashable {
    /// What to do.
    enum Action: Hashable {
        case run, probe, help, version
    }

    var action = Action.run
    var configuration = HelperConfiguration()

    static let defaultFile = "/etc/sandbox/ns-helper.conf"
    private static let serverPrefix = "server-"
    private static let serverVariable = "SANDBOX_SERVER_"

    /// Weighs flags over environment over file over defaults.
    ///
    /// - Parameters:
    ///   - arguments: without the program's name.
    ///   - environment: as `NAME=value` strings; names outside `SANDBOX_` are somebody else's.
    ///   - readFile: content of a file, nil if it cannot be read.
    ///   - fileExists: whether there is one, readable or not.
    init(
        arguments: [String],
        environment: [String],
        readFile: (String) -> String?,
        fileExists: (String) -> Bool = { access($0, F_OK) == 0 }
    ) throws(ConfigurationError) {
        let flags = try Self.flags(arguments, &action)
        guard action != .help, action != .version else { return }
        try applyFile(flags.last { $0.name == "config" }?.value, readFile, fileExists)
        for entry in environment {
            guard entry.hasPrefix("SANDBOX_"), let equals = entry.firstIndex(of: "=") else { continue }
            let name = String(entry[..<equals])
            try apply(variable: name, String(entry[entry.index(after: equals)...]))
        }
        for flag in flags where flag.name != "config" {
            try apply(name: flag.name, flag.value, origin: "--\(flag.name)")
        }
        if let contradiction = configuration.contradiction() { throw contradiction }
    }

    private static func flags(
        _ arguments: [String],
        _ action: inout Action
    ) throws(ConfigurationError)
        -> [HelperConfiguration.Setting]
    {
        var flags: [HelperConfiguration.Setting] = []
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--help", "-h": action = .help
            case "--version": action = .version
            case "--probe": action = .probe
            default:
                guard argument.hasPrefix("--"), argument.count > 2 else {
                    throw ConfigurationError("unexpected argument '\(argument)'; see --help")
                }
                let body = argument.dropFirst(2)
                if let equals = body.firstIndex(of: "=") {
                    flags.append(
                        .init(name: String(body[..<equals]), value: String(body[body.index(after: equals)...]))
                    )
                } else if let value = rest.popFirst() {
                    flags.append(.init(name: String(body), value: value))
                } else {
                    throw ConfigurationError("\(argument) needs a value; see --help")
                }
            }
        }
        return flags
    }

    private mutating func applyFile(
        _ named: String?,
        _ readFile: (String) -> String?,
        _ fileExists: (String) -> Bool
    ) throws(ConfigurationError) {
        configuration.file = named ?? Self.defaultFile
        guard let text = readFile(configuration.file) else {
            // A file that is there and is not heeded could hold the demand for isolation.
            guard named == nil, !fileExists(configuration.file) else {
                throw ConfigurationError(
                    "--config: cannot read '\(configuration.file)': it must be UTF-8, at most 1 MiB, and readable by root"
                )
            }
            return
        }
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let trimmed = line.trimmingBlanks
            if trimmed.isEmpty || trimmed.hasPrefix("#") { continue }
            guard let equals = trimmed.firstIndex(of: "=") else {
                throw ConfigurationError("\(named ?? Self.defaultFile):\(index + 1): expected 'name = value'")
            }
            let name = String(trimmed[..<equals].trimmingBlanks)
            let value = String(trimmed[trimmed.index(after: equals)...].trimmingBlanks)
            try apply(name: name, value, origin: "\(named ?? Self.defaultFile):\(index + 1): \(name)")
        }
    }

    private mutating func apply(variable: String, _ value: String) throws(ConfigurationError) {
        if variable.hasPrefix(Self.serverVariable) {
            try set(serverSetting: variable, value)
            return
        }
        // Names that are no option are left alone: SANDBOX_VERSION and the like are the image author's.
        guard let option = Option.all.first(where: { $0.variable == variable }) else { return }
        try apply(name: option.name, value, origin: variable)
    }

    private mutating func apply(name: String, _ value: String, origin: String) throws(ConfigurationError) {
        if let option = Option.all.first(where: { $0.name == name }) {
            guard option.apply(&configuration, value) else {
                throw ConfigurationError("\(origin): '\(value)' is not \(option.form)")
            }
        } else if name.hasPrefix(Self.serverPrefix) {
            try set(serverSetting: Option.variable(name), value)
        } else {
            throw ConfigurationError("\(origin): no such option; see --help")
        }
    }

    private mutating func set(serverSetting name: String, _ value: String) throws(ConfigurationError) {
        guard name.count > Self.serverVariable.count, SpawnPayload.isVariableName(name.utf8), !value.utf8.contains(0)
        else { throw ConfigurationError("\(name): not a setting of the server's") }
        configuration.serverSettings.removeAll { $0.name == name }
        configuration.serverSettings.append(.init(name: name, value: value))
    }
}
