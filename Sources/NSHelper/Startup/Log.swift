import Glibc

/// Lines on standard error: what the helper decided, never what a request contained.
enum Log {
    static func notice(_ message: String) { write("notice", message) }
    static func warning(_ message: String) { write("warning", message) }
    static func error(_ message: String) { write("error", message) }

    private static func write(_ level: String, _ message: String) {
        // A reader that has stalled costs the line, not the loop. Standard error is shared with the server, so
        // it cannot be made non-blocking.
        var output = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
        guard poll(&output, 1, 0) == 1, output.revents & Int16(POLLOUT) != 0 else { return }
        // One write(2) a line, so that lines of several processes do not mix.
        let line = Array("ns-helper: \(level): \(message)\n".utf8)
        _ = Glibc.write(STDERR_FILENO, line, line.count)
    }
}
