import CAgentShim
import CMessageShim
import Glibc
import HelperTransport

/// The shell: a child that reads its commands from a pipe and reports through another.
struct ShellProcess: ~Copyable {
    let pid: pid_t
    /// Where the shell reads from.
    let input: OwnedDescriptor
    /// Where its reports arrive.
    let reports: OwnedDescriptor
    /// What the shell opens, below /proc, to report.
    let control: OwnedDescriptor

    /// Starts the shell with this process's environment.
    init(path: String) throws(SystemError) {
        let (reader, writer) = try Self.pipe()
        let (reports, control) = try Self.pipe()
        guard fcntl(reports, F_SETFL, O_NONBLOCK) == 0 else { throw SystemError(errno: errno) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, reader, STDIN_FILENO)
        // Outside of commands there is nobody to write to.
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        var every = sigset_t()
        sigfillset(&every)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &every)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        // --norc: what is in HOME is user code. Aliases are expanded as at a prompt.
        let words: [String] = ["bash", "--norc", "--noprofile", "-O", "expand_aliases"]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, path, &actions, &attributes, &arguments, environ)
        close(reader)
        guard code == 0 else {
            for descriptor in [writer, reports, control] { close(descriptor) }
            throw SystemError(errno: code)
        }
        self.pid = pid
        input = OwnedDescriptor(adopting: writer)
        self.reports = OwnedDescriptor(adopting: reports)
        self.control = OwnedDescriptor(adopting: control)
    }

    private static func pipe() throws(SystemError) -> (reader: Int32, writer: Int32) {
        var ends: [Int32] = [-1, -1]
        try SystemError.check(cms_pipe(&ends))
        return (ends[0], ends[1])
    }

    /// Writes lines for the shell; one that is gone will be reaped.
    borrowing func send(_ lines: [UInt8]) {
        var rest = lines[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(input.rawValue, $0.baseAddress, $0.count) }
            if count < 0 {
                guard errno == EINTR else { return }
                continue
            }
            rest = rest.dropFirst(count)
        }
    }
}
