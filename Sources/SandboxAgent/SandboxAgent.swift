import CAgentShim
import Glibc
import HelperTransport

/// The server's hands inside the sandbox: `sandbox-agent ROLE`, started by the helper with a record socket to the server
/// as stdin and the identity of the user, never by hand.
enum SandboxAgent {
    /// Serves in the role until the server closes its end; returns the exit status.
    static func run() -> Int32 {
        // Nothing but the standard streams is inherited.
        guard let role = argument(1), cas_close_from(3) == 0 else { return EX_USAGE }
        let number = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
        guard number >= 0 else { return EX_USAGE }
        let channel = RecordChannel(adopting: OwnedDescriptor(adopting: number))
        // A shell that reads from descriptor 0 must never get hold of the socket.
        close(STDIN_FILENO)
        guard open("/dev/null", O_RDONLY) == STDIN_FILENO else { return EX_OSERR }
        switch role {
        case "files":
            // Mode `users`: the real uid is one that user code does not have, but execve(2) has made the effective one
            // the saved one, by which user code could signal this process. kill(2)
            guard cas_save_real_uid() == 0 else { return EX_OSERR }
            FileAgent(channel).serve()
            return EXIT_SUCCESS
        case "shell":
            guard let shell = argument(2) else { return EX_USAGE }
            do {
                try ShellKeeper(channel, shell: shell).serve()
                return EXIT_SUCCESS
            } catch {
                return EX_OSERR
            }
        default: return EX_USAGE
        }
    }

    private static func argument(_ index: Int32) -> String? {
        cas_argument(index).map { String(cString: $0) }
    }
}
