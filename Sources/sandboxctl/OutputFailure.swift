import Glibc
import Synchronization

/// Standard output or standard error takes nothing more: its reader has gone, or its disk is full.
struct OutputFailure: Error {
    private static let first = Mutex<OutputFailure?>(nil)

    let descriptor: Int32
    /// errno(3)
    let code: Int32

    /// The first one, if there has been one.
    static var current: OutputFailure? { first.withLock { $0 } }

    /// Ends what runs in the sandbox as Ctrl-C does, where there is something to end, and then the program.
    static func report(_ descriptor: Int32, _ code: Int32) {
        let failure = first.withLock { first in
            let failure = first ?? OutputFailure(descriptor: descriptor, code: code)
            first = failure
            return failure
        }
        if !Interruption.interrupt() { failure.exit() }
    }

    /// Ends the program: silently as SIGPIPE would, if the reader has gone, else with a message.
    func exit() -> Never {
        if code == EPIPE { Glibc.exit(141) }
        let stream = descriptor == STDOUT_FILENO ? "standard output" : "standard error"
        let message = Array("sandboxctl: \(stream): \(String(cString: strerror(code))).\n".utf8)
        // Not again through here, whatever becomes of it.
        _ = Glibc.write(STDERR_FILENO, message, message.count)
        Glibc.exit(125)
    }
}
