import Glibc
import Synchronization

/// One line of progress on standard error, where a terminal is.
final class Progress: Sendable {
    private struct State {
        var name = ""
        var size: Int?
        var shown = -1
        var line = 0
    }

    private let isShown: Bool
    private let state = Mutex(State())

    init(isShown: Bool) {
        self.isShown = isShown && isatty(STDERR_FILENO) == 1
    }

    /// Another file begins.
    func begin(_ name: String, size: Int?) {
        state.withLock { $0 = State(name: Printable.text(name), size: size) }
        moved(0)
    }

    /// So many bytes of it are there.
    func moved(_ bytes: Int) {
        guard isShown else { return }
        state.withLock { state in
            // A hundred lines a file are enough.
            let step = state.size.map { bytes * 100 / max($0, 1) } ?? bytes >> 20
            guard step != state.shown else { return }
            state.shown = step
            let done = String(repeating: "#", count: min(step, 100) / 4)
            let bar = state.size == nil ? "" : "[\(done)\(String(repeating: ".", count: 25 - done.count))] "
            show("\(bar)\(Self.size(bytes))  \(state.name)", &state)
        }
    }

    /// The file is over; a line of its own stays.
    func end() {
        guard isShown else { return }
        state.withLock { state in
            Output.write([UInt8(ascii: "\n")], to: STDERR_FILENO)
            state.line = 0
        }
    }

    private func show(_ text: String, _ state: inout State) {
        let padding = String(repeating: " ", count: max(0, state.line - text.count))
        Output.write(Array("\r\(text)\(padding)".utf8), to: STDERR_FILENO)
        state.line = text.count
    }

    /// A number of bytes for people.
    static func size(_ bytes: Int) -> String {
        var value = Double(bytes)
        for unit in ["B", "KiB", "MiB"] {
            if value < 1024 {
                return unit == "B" ? "\(bytes) B" : "\(Int(value * 10) / 10).\(Int(value * 10) % 10) \(unit)"
            }
            value /= 1024
        }
        return "\(Int(value * 10) / 10).\(Int(value * 10) % 10) GiB"
    }
}
