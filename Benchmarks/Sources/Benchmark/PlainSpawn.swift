import Glibc

/// What everybody would do without a sandbox: posix_spawn(3), two pipes, read to the end, wait.
enum PlainSpawn {
    /// Runs a command to its end.
    static func run(_ shell: String) throws {
        let output = try Pipe()
        let errors = try Pipe()
        let pid = try start([shell, "-c", "true"], output: output, errors: errors)
        output.closeWriter()
        errors.closeWriter()
        output.drain()
        errors.drain()
        guard try wait(pid) == 0 else { throw Failure("the command failed") }
    }

    /// Starts a program that writes to two pipes.
    static func start(_ arguments: [String], output: Pipe, errors: Pipe) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output.writer, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, errors.writer, STDERR_FILENO)
        var list: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for string in list { free(string) } }
        var variables: [UnsafeMutablePointer<CChar>?] = [strdup("PATH=/usr/bin:/bin"), nil]
        defer { free(variables[0]) }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, arguments[0], &actions, nil, &list, &variables)
        guard code == 0 else { throw Failure("cannot start \(arguments[0]): errno \(code)") }
        return pid
    }

    /// Waits for the end of a child; its exit code, or 128 plus the signal that ended it.
    static func wait(_ pid: pid_t) throws -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 {
            guard errno == EINTR else { throw Failure("waitpid: errno \(errno)") }
        }
        return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    }
}
