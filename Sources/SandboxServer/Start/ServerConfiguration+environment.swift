import Configuration
import HelperProtocol
import Logging

extension ServerConfiguration {
    private static let prefix = "SANDBOX_SERVER_"

    /// Reads the settings from environment variables.
    ///
    /// - Throws: A sentence that names the variable and the expected form; never its value, which may be misplaced.
    init(environment: [String: String], fileExists: (String) -> Bool) throws(StartupError) {
        let reader = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: environment))
            .scoped(to: ["sandbox", "server"])
        func text(_ name: String) -> String? {
            let key = ConfigKey(name.lowercased().split(separator: "_").map(String.init))
            return reader.string(forKey: key).flatMap { $0.isEmpty ? nil : $0 }
        }
        func number(_ name: String, _ range: ClosedRange<Int>, _ target: inout Int) throws(StartupError) {
            guard let text = text(name) else { return }
            guard let value = Int(text), range.contains(value) else {
                throw Self.wrong(name, "a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            target = value
        }

        self.init()
        if let path = text("SHELL") {
            guard Self.isPlainPath(path), fileExists(path) else {
                throw Self.wrong("SHELL", "the absolute path of an existing shell, not below /proc")
            }
            shell = path
        } else if !fileExists(shell) {
            shell = Self.fallbackShell
        }
        try number("COMMAND_TIMEOUT_MS", 0...Int(Int32.max), &commandTimeoutMilliseconds)
        try number("GRACE_MS", 0...Int(ProtocolLimits.graceMilliseconds.upperBound), &graceMilliseconds)
        try number("OUTPUT_LIMIT_BYTES", 1...1_073_741_824, &outputLimitBytes)
        try number("OUTPUT_MEMORY_BYTES", 65_536...17_179_869_184, &outputMemoryBytes)
        try number("PROCESS_LOG_BYTES", 65_536...1_073_741_824, &processLogBytes)
        try number("MAX_SESSIONS", 1...4096, &maximumSessions)
        try number("MAX_CONTEXTS", 1...1024, &maximumContexts)
        // Jupyter's own, which the helper tells it too; checked here, so that a slip stops the start.
        if let list = text("KERNEL_POOL"), !Self.isKernelPool(list) {
            throw Self.wrong("KERNEL_POOL", "languages with numbers from 0 to 64, such as python=2,bash=0")
        }
        try number("BODY_LIMIT_BYTES", 1024...1_073_741_824, &bodyLimitBytes)
        try number("COMMAND_LIMIT_BYTES", 1...(ProtocolLimits.stringBytes - 1), &commandLimitBytes)
        try number("ENV_LIMIT_BYTES", 0...(ProtocolLimits.payloadBytes / 2), &environmentLimitBytes)
        try number("MAX_CONNECTIONS", 1...1_000_000, &maximumConnections)
        try number("MAX_LOOPBACK_CONNECTIONS", 1...1_000_000, &maximumLoopbackConnections)
        try number("MAX_REFUSED_CONNECTIONS", 1...1_000_000, &maximumRefusedConnections)
        try number("HEADER_TIMEOUT_MS", 100...3_600_000, &headerTimeoutMilliseconds)
        try number("IDLE_TIMEOUT_MS", 100...3_600_000, &idleTimeoutMilliseconds)
        try number("BODY_TIMEOUT_MS", 100...3_600_000, &bodyTimeoutMilliseconds)
        if let list = text("NEUTRAL_VARIABLES") {
            neutralVariables = list.split(separator: ",").map { String($0.drop { $0 == " " }) }
            guard neutralVariables.allSatisfy(NamespaceSelector.isPattern) else {
                throw Self.wrong(
                    "NEUTRAL_VARIABLES",
                    "names separated by commas, each with at most one star, at its end"
                )
            }
        }
        if let path = text("BACKUP_DIRECTORY") {
            guard Self.isPlainPath(path), path != "/" else { throw Self.wrong("BACKUP_DIRECTORY", "an absolute path") }
            backupDirectory = path
        }
        if let list = text("CORS_ORIGINS") {
            crossOrigins = list.split(separator: ",").map { String($0.drop { $0 == " " }) }
            guard crossOrigins.allSatisfy(CrossOriginPolicy.isOrigin) else {
                throw Self.wrong("CORS_ORIGINS", "origins such as https://app.example, separated by commas, or *")
            }
        }
        if let path = text("ACCESS_TOKEN_FILE") {
            guard Self.isPlainPath(path) else { throw Self.wrong("ACCESS_TOKEN_FILE", "an absolute path") }
            accessTokenFile = path
        }
        if let name = text("LOG_LEVEL") {
            guard let level = Logger.Level(rawValue: name.lowercased()) else {
                throw Self.wrong(
                    "LOG_LEVEL",
                    "one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))"
                )
            }
            logLevel = level
        }
    }

    /// What there is to set, as the variables are named behind their prefix.
    static let names: Set = [
        "SHELL", "COMMAND_TIMEOUT_MS", "GRACE_MS", "OUTPUT_LIMIT_BYTES", "OUTPUT_MEMORY_BYTES",
        "PROCESS_LOG_BYTES", "BACKUP_DIRECTORY", "MAX_SESSIONS", "MAX_CONTEXTS", "KERNEL_POOL",
        "BODY_LIMIT_BYTES", "COMMAND_LIMIT_BYTES",
        "ENV_LIMIT_BYTES", "NEUTRAL_VARIABLES", "ACCESS_TOKEN_FILE", "MAX_CONNECTIONS",
        "MAX_LOOPBACK_CONNECTIONS", "MAX_REFUSED_CONNECTIONS", "HEADER_TIMEOUT_MS", "IDLE_TIMEOUT_MS",
        "BODY_TIMEOUT_MS", "LOG_LEVEL", "CORS_ORIGINS",
    ]

    /// Variables with our prefix that mean nothing to this version: most likely a slip of the pen.
    static func unknownNames(_ environment: [String: String]) -> [String] {
        environment.keys.filter { $0.hasPrefix(prefix) && !names.contains(String($0.dropFirst(prefix.count))) }
            .sorted()
    }

    private static func isPlainPath(_ path: String) -> Bool {
        PathRules.problem(path) == nil
    }

    private static func isKernelPool(_ text: String) -> Bool {
        text.split(separator: ",", omittingEmptySubsequences: false).allSatisfy { part in
            let sides = part.split(separator: "=", omittingEmptySubsequences: false)
            guard sides.count == 2, InterpreterProblem.languages.contains(String(sides[0])) else { return false }
            return Int(sides[1]).map { (0...64).contains($0) } ?? false
        }
    }

    private static func wrong(_ name: String, _ form: String) -> StartupError {
        StartupError("\(prefix)\(name) must be \(form).")
    }
}
