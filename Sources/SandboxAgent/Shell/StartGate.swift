import CMessageShim
import Glibc
import HelperTransport

/// Holds a background command back: a pipe that ends, for the command that reads it, when it is opened.
final class StartGate {
    private var reader: Int32
    private var writer: Int32

    init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        try SystemError.check(cms_pipe(&ends))
        (reader, writer) = (ends[0], ends[1])
    }

    deinit {
        reached()
        open()
    }

    /// What the shell opens, below /proc.
    var descriptor: Int32 { reader }

    /// The command has opened it for itself.
    func reached() {
        if reader >= 0 { close(reader) }
        reader = -1
    }

    /// Lets the command go on; one that comes later does not wait.
    func open() {
        if writer >= 0 { close(writer) }
        writer = -1
    }
}
