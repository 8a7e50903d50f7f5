import Glibc

/// Standard output and standard error, byte for byte.
enum Output {
    /// Whether a person reads it who wants colours. https://no-color.org
    static let isColoured =
        isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == nil && Environment.value("TERM") != "dumb"

    static func write(_ text: String) { write(Array(text.utf8), to: STDOUT_FILENO) }

    static func line(_ text: String) { write(text + "\n") }

    static func error(_ text: String) { write(Array((text + "\n").utf8), to: STDERR_FILENO) }

    /// Writes all of it. Where that cannot be done, the command in the sandbox is ended, and the program.
    static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                guard mayTryAgain(descriptor, errno) else { return OutputFailure.report(descriptor, errno) }
                continue
            }
            offset += count
        }
    }

    /// Whether a failed write may be done again; waits first where somebody has made the descriptor non-blocking.
    private static func mayTryAgain(_ descriptor: Int32, _ code: Int32) -> Bool {
        if code == EAGAIN {
            var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            poll(&waiting, 1, -1)
        }
        return code == EINTR || code == EAGAIN
    }

    /// Rows as a table: columns as wide as their widest cell, the last one as it is. What the cells hold is made printable.
    static func table(_ heading: [String], _ rows: [[String]]) {
        let rows = rows.map { $0.map { Printable.text($0) } }
        let widths = heading.indices.map { column in ([heading] + rows).map { $0[column].count }.max() ?? 0 }
        for (number, row) in ([heading] + rows).enumerated() {
            let cells = row.enumerated().map { column, cell in
                column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
            }
            let text = cells.joined(separator: "  ")
            line(number == 0 ? styled(text, .bold) : text)
        }
    }

    enum Style: String {
        case bold = "1"
        case red = "31"
        case green = "32"
        case yellow = "33"
    }

    /// The text, coloured if somebody sees it.
    static func styled(_ text: String, _ style: Style) -> String {
        isColoured ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }
}
