import HelperProtocol

/// What `--help` prints.
enum Help {
    static let version = PairVersion.current

    static var text: String {
        var lines = [
            "Usage: ns-helper [--OPTION VALUE]...",
            "",
            "Makes three namespaces (control, user, secure), starts sandbox-server in control, and runs commands",
            "in user and secure on its behalf. Run as root, as PID 1 of a container or on a Linux host.",
            "",
            "  --probe            say which isolation works here, and exit: 0 if namespaces do, 1 if not",
            "  --config PATH      file of 'name = value' lines; default \(CommandLine.defaultFile) if it exists",
            "  --help, --version",
            "",
            "Each option is a flag, an environment variable (--api-port is SANDBOX_API_PORT) or a line of the file;",
            "flags win over the environment, the environment over the file. --server-NAME goes to the server.",
            "",
        ]
        for option in Option.all {
            lines.append("  --\(option.name)")
            lines.append("      \(option.help)  [\(option.form)]")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
