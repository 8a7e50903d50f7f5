import Glibc
import HelperProtocol

/// A terminal made without the C library's functions for it, which are hidden from Swift. pts(4), ioctl_tty(2).
struct FakeTerminal {
    let master: Int32
    /// The other end.
    let path: String

    init?(_ size: TerminalSize) {
        let master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard master >= 0 else { return nil }
        var (locked, number): (Int32, UInt32) = (0, 0)
        let (setLock, getNumber): (UInt, UInt) = (0x4004_5431, 0x8004_5430)
        guard ioctl(master, setLock, &locked) == 0, ioctl(master, getNumber, &number) == 0 else {
            Glibc.close(master)
            return nil
        }
        self.master = master
        path = "/dev/pts/\(number)"
        Self.resize(master, size)
    }

    func close() {
        Glibc.close(master)
    }

    static func resize(_ master: Int32, _ size: TerminalSize) {
        var cells = winsize(ws_row: size.rows, ws_col: size.columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(master, UInt(TIOCSWINSZ), &cells)
    }
}
