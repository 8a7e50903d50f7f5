import CAgentShim
import Glibc
import HelperTransport

/// The server's hands inside the sandbox: `sandbox-agent ROLE`, started by the helper with a record socket to the server
/// as stdin and the identity of the user, never by hand.
enum SandboxAgent {
    /// Serves in the role until the server closes its end; returns the exit status.
    static func run(_ arguments: [String]) -> Int32 {
        // Nothing but the standard streams is inherited.
        guard arguments.count > 1, cas_close_from(3) == 0 else { return EX_USAGE }
        let number = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
        guard number >= 0 else { return EX_USAGE }
        let channel = RecordChannel(adopting: OwnedDescriptor(adopting: number))
        // A shell that reads from descriptor 0 must never get hold of the socket.
        close(STDIN_FILENO)
        guard open("/dev/null", O_RDONLY) == STDIN_FILENO else { return EX_OSERR }
        switch arguments[1] {
        case "files":
            FileAgent(channel).serve()
            return EXIT_SUCCESS
        case "shell" where arguments.count == 3:
            do {
                try ShellKeeper(channel, shell: arguments[2]).serve()
                return EXIT_SUCCESS
            } catch {
                return EX_OSERR
            }
        default: return EX_USAGE
        }
    }
}
