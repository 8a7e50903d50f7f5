import AgentProtocol

/// The lines that the shell reads. Everything of a request is quoted; the command's text is not in them at all: the
/// shell reads it from a file, so a quote or here-document that is not closed ends with the text and not with the lines.
///
/// `\builtin` keeps aliases off. Redirections name files of the keeper below /proc: the shell opens them anew, so that
/// nothing but the command's own descriptors is ever inherited by what it starts.
struct ShellScript {
    /// `/proc/<pid of the keeper>/fd/`
    let descriptors: String
    /// Number of the keeper's end of the pipe that the shell reports to.
    let control: Int32

    /// The first lines: how a running command is abandoned without ending the shell.
    ///
    /// The signal's trap arms a DEBUG trap, which leaves loops, returns from functions and skips every command up to the
    /// one that reports the status (bash(1), extdebug). A signal that comes too late finds no active command.
    func prologue(signal: Int32) -> [UInt8] {
        let debug = """
            if [[ $BASH_COMMAND == "\\builtin printf "*__sandbox_status* ]]; then \
            \\builtin trap - DEBUG; \\builtin shopt -u extdebug; \\builtin set +T; \
            else \\builtin break 9999; \\builtin test 1 -eq x; fi 2>/dev/null
            """
        let handler = """
            if [[ -n $__sandbox_active ]]; then \\builtin shopt -s extdebug; \\builtin set -T; \
            \\builtin trap \(ShellQuoting.quoted(debug)) DEBUG; \\builtin break 9999 2>/dev/null; fi
            """
        return Array("\\builtin trap \(ShellQuoting.quoted(handler)) \(signal)\n".utf8)
    }

    /// Runs a command in the shell itself and reports its status and the directory it left the shell in.
    func foreground(_ run: ShellRun, _ files: HeldDescriptors) -> [UInt8] {
        var lines = read(run, files.text)
        // Active only from here to the status: the first command of a block is where a late signal's trap runs.
        lines += "__sandbox_active=\(run.number)\n"
        if let directory = run.directory {
            lines += "__sandbox_directory=$PWD\n"
            lines +=
                "if \\builtin cd -- \(ShellQuoting.quoted(directory)) >/dev/null 2>|\(descriptors)\(files.error); then\n"
        }
        for variable in run.variables { lines += Self.assignment(variable) + " " }
        // Not `\builtin eval`, for which such variables are either exported or seen, but not both (bash 5.2).
        lines += "\\eval -- \"$__sandbox_command\" \(redirections(files))\n"
        if run.directory != nil { lines += "else \\builtin false; fi\n" }
        lines += "\\builtin printf -v __sandbox_status %d \"$?\"; __sandbox_active=\n"
        if run.directory != nil { lines += "\\builtin cd -- \"$__sandbox_directory\" >/dev/null 2>&1 || \\builtin :\n" }
        lines +=
            "\\builtin printf 'E %d %d %s\\0' \(run.number) \"$__sandbox_status\" \"$PWD\" >|\(descriptors)\(control)\n"
        return Array(lines.utf8)
    }

    /// Runs a command in a copy of the shell whose parent ends at once, so that the keeper becomes its parent and the
    /// shell's own jobs stay what they were. The copy says when it has opened its pipes, its parent says which process
    /// it is, in any order: without the second, a copy that fails before the first would be nobody's.
    ///
    /// The copy goes on when nobody has `gate` open for writing any more. Were it over before its parent is, the parent,
    /// a shell too, would reap it, and nobody learnt how it ended. The shell says when the parent has ended.
    func background(_ run: ShellRun, _ files: HeldDescriptors, gate: Int32) -> [UInt8] {
        var lines = read(run, files.text)
        lines += "( ( { \\builtin printf 'S %d %d\\0' \(run.number) \"$BASHPID\" >|\(descriptors)\(control); "
        lines += "\\builtin read -r _ || \\builtin :; } <\(descriptors)\(gate) || \\builtin exit 126; "
        if let directory = run.directory {
            lines += "\\builtin cd -- \(ShellQuoting.quoted(directory)) || \\builtin exit 1; "
        }
        lines += "\\builtin ulimit -x \(ProcessMark.limit(run.number)) 2>/dev/null; "
        lines += "\\builtin export SANDBOX_PROCESS_ID=\(ShellQuoting.quoted(run.processID))"
        for variable in run.variables { lines += " " + Self.assignment(variable) }
        lines += "; \\builtin eval -- \"$__sandbox_command\" ) \(redirections(files)) & "
        lines += "\\builtin printf 'P %d %d\\0' \(run.number) \"$!\" >|\(descriptors)\(control) )"
        lines += " || \\builtin printf 'F %d\\0' \(run.number) >|\(descriptors)\(control)\n"
        lines += "\\builtin printf 'D %d\\0' \(run.number) >|\(descriptors)\(control)\n"
        return Array(lines.utf8)
    }

    private func read(_ run: ShellRun, _ text: Int32) -> String {
        // What cannot be read must not run as the command before. The end of the file is no failure (set -e).
        """
        \\builtin :; __sandbox_command='( \\builtin exit 126 )'
        IFS= \\builtin read -r -d '' __sandbox_command <\(descriptors)\(text) || \\builtin :

        """
    }

    private func redirections(_ files: HeldDescriptors) -> String {
        let input = files.input.map { "\(descriptors)\($0)" } ?? "/dev/null"
        return "<\(input) >|\(descriptors)\(files.output) 2>|\(descriptors)\(files.error)"
    }

    private static func assignment(_ variable: [UInt8]) -> String {
        let parts = variable.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        return String(decoding: parts[0], as: UTF8.self) + "="
            + ShellQuoting.quoted(Array(parts.count > 1 ? parts[1] : []))
    }
}
