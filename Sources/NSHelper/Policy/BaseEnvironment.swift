import HelperProtocol

/// The environment of a command before its request adds to it: built from nothing (G3), never from the
/// helper's, the server's or the container's own.
struct BaseEnvironment {
    /// What the image's author listed for every command.
    var imageDefaults: [EnvironmentVariable]

    /// The variables of a command in `namespace`, whose home directory is `home`, and which, in `secure`, makes
    /// temporary files in `temporary`.
    func variables(
        _ namespace: SandboxNamespace,
        home: String,
        temporary: String = "/tmp"
    ) -> [EnvironmentVariable] {
        var variables = Self.fixed(namespace, home: home)
        if namespace == .secure { variables += [EnvironmentVariable("TMPDIR", temporary)] + Self.protective }
        // The image's author may change a default, the protective ones included: it is the author's image.
        for variable in imageDefaults {
            variables.removeAll { $0.name == variable.name }
            variables.append(variable)
        }
        #if WEAKENED
            variables = Weakness.variables(variables)
        #endif
        return variables
    }

    private static func fixed(_ namespace: SandboxNamespace, home: String) -> [EnvironmentVariable] {
        [
            // Root-owned directories only, and never the current one.
            EnvironmentVariable("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
            EnvironmentVariable("HOME", home),
            EnvironmentVariable("USER", "sandbox-" + namespace.name),
            EnvironmentVariable("LOGNAME", "sandbox-" + namespace.name),
            EnvironmentVariable("SHELL", "/bin/bash"),
            EnvironmentVariable("LANG", "C.UTF-8"),
        ]
    }

    /// Defuses what user code may have left in the workspace, as far as an environment can. On an idmapped
    /// workspace a poisoned repository looks like the cell's own to git's ownership check.
    private static let protective: [EnvironmentVariable] =
        [
            // No import from the directory of a script or from the current one (Python 3.11).
            EnvironmentVariable("PYTHONSAFEPATH", "1"),
            EnvironmentVariable("PYTHONNOUSERSITE", "1"),
            // Wins over core.sshCommand.
            EnvironmentVariable("GIT_SSH_COMMAND", "ssh"),
            EnvironmentVariable("GIT_CONFIG_COUNT", String(gitSettings.count)),
        ]
        + gitSettings.enumerated().flatMap { index, setting in
            [
                EnvironmentVariable("GIT_CONFIG_KEY_\(index)", setting.key),
                EnvironmentVariable("GIT_CONFIG_VALUE_\(index)", setting.value),
            ]
        }

    /// Settings by which a repository's own configuration could run programs.
    private static let gitSettings: [(key: String, value: String)] = [
        ("core.fsmonitor", "false"),
        ("core.hooksPath", "/dev/null"),
        ("credential.helper", ""),
        ("safe.bareRepository", "explicit"),
        ("protocol.ext.allow", "never"),
        ("core.askPass", ""),
        // Programs of their usual names, from directories of root's.
        ("gpg.program", "gpg"),
        ("gpg.ssh.program", "ssh-keygen"),
        ("gpg.ssh.defaultKeyCommand", "ssh-add -L"),
        ("gpg.x509.program", "gpgsm"),
        ("core.alternateRefsCommand", "true"),
    ]

    /// Reads the author's file: `NAME=value` lines, `#` comments, no quoting, no expansion.
    init(file text: String, path: String) throws(ConfigurationError) {
        imageDefaults = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let trimmed = line.trimmingBlanks
            if trimmed.isEmpty || trimmed.hasPrefix("#") { continue }
            guard let equals = trimmed.firstIndex(of: "="),
                SpawnPayload.isVariableName(trimmed[..<equals].utf8), !trimmed.utf8.contains(0)
            else { throw ConfigurationError("\(path):\(index + 1): expected NAME=value") }
            let name = String(trimmed[..<equals])
            imageDefaults.removeAll { $0.name == Array(name.utf8) }
            imageDefaults.append(EnvironmentVariable(name, String(trimmed[trimmed.index(after: equals)...])))
        }
    }

    init(imageDefaults: [EnvironmentVariable] = []) {
        self.imageDefaults = imageDefaults
    }
}
