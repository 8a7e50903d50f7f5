import Glibc
import HelperTransport

/// Calls and constants that Swift's Glibc module hides.
enum Kernel {
    static let openPath: Int32 = 0o10000000
    static let openTemporary: Int32 = 0o20000000
    static let addSeals: Int32 = 1033
    /// F_SEAL_SEAL, SHRINK, GROW and WRITE.
    static let allSeals: Int32 = 15

    private typealias OneNumber = @convention(c) (Int32) -> Int32
    private typealias TwoNumbers = @convention(c) (Int32, Int32) -> Int32
    private typealias NamedFile = @convention(c) (UnsafePointer<CChar>, UInt32) -> Int32
    private typealias TerminalName = @convention(c) (Int32, UnsafeMutablePointer<CChar>, Int) -> Int32

    private static func symbol<Function>(_ name: String, as type: Function.Type) -> Function? {
        dlsym(nil, name).map { unsafeBitCast($0, to: type) }
    }

    /// An anonymous file that can be sealed (memfd_create(2)).
    static func memoryFile() -> OwnedDescriptor {
        OwnedDescriptor(adopting: symbol("memfd_create", as: NamedFile.self)?("test", 3) ?? -1)
    }

    static func epoll() -> OwnedDescriptor {
        OwnedDescriptor(adopting: symbol("epoll_create1", as: OneNumber.self)?(0) ?? -1)
    }

    static func eventCounter() -> OwnedDescriptor {
        OwnedDescriptor(adopting: symbol("eventfd", as: TwoNumbers.self)?(0, 0) ?? -1)
    }

    static func timer() -> OwnedDescriptor {
        OwnedDescriptor(adopting: symbol("timerfd_create", as: TwoNumbers.self)?(CLOCK_MONOTONIC, 0) ?? -1)
    }

    /// Path of the slave of an unlocked terminal (pts(4)).
    static func slavePath(of master: Int32) -> String? {
        var name = [CChar](repeating: 0, count: 64)
        guard symbol("unlockpt", as: OneNumber.self)?(master) == 0,
            symbol("ptsname_r", as: TerminalName.self)?(master, &name, name.count) == 0
        else { return nil }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
