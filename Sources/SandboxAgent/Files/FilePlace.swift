import CAgentShim
import Glibc
import HelperTransport

/// A directory that is open, and a name in it: what system calls without openat2(2)'s flags are given, so that nothing
/// above the name is looked up again.
struct FilePlace: ~Copyable {
    let directory: OwnedDescriptor
    /// NUL-terminated: names are bytes, not always UTF-8.
    let name: [CChar]

    /// The place a path names; its last component need not exist.
    ///
    /// - Throws: EINVAL if the last component is `.`, `..` or nothing.
    init(_ path: [UInt8]) throws(SystemError) {
        var bytes = path[...]
        while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes = bytes.dropLast() }
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { throw SystemError(errno: EINVAL) }
        let last = bytes[(slash + 1)...]
        let dot = UInt8(ascii: ".")
        guard !last.isEmpty, !last.elementsEqual([dot]), !last.elementsEqual([dot, dot]) else {
            throw SystemError(errno: EINVAL)
        }
        directory = try Self.open(
            Array(slash == bytes.startIndex ? path[..<1] : bytes[..<slash]),
            cas_path | O_DIRECTORY
        )
        name = FilePlace.text(Array(last))
    }

    /// Opens a path as the user would, without /proc's magic links.
    static func open(_ path: [UInt8], _ flags: Int32, _ mode: mode_t = 0) throws(SystemError) -> OwnedDescriptor {
        try open(AT_FDCWD, text(path), flags, mode)
    }

    /// The same from an open directory.
    static func open(
        _ directory: Int32,
        _ name: [CChar],
        _ flags: Int32,
        _ mode: mode_t = 0
    )
        throws(SystemError) -> OwnedDescriptor
    {
        var descriptor: Int32 = -1
        try SystemError.check(cas_open(directory, name, flags, mode, &descriptor))
        return OwnedDescriptor(adopting: descriptor)
    }

    /// Opens the place itself.
    borrowing func open(_ flags: Int32, _ mode: mode_t = 0) throws(SystemError) -> OwnedDescriptor {
        try Self.open(directory.rawValue, name, flags, mode)
    }

    /// Bytes as the C string of a system call.
    static func text(_ bytes: [UInt8]) -> [CChar] { bytes.map { CChar(bitPattern: $0) } + [0] }

    /// The path without links and dots. realpath(3).
    static func resolved(_ path: [UInt8]) throws(SystemError) -> [UInt8] {
        guard let real = realpath(text(path), nil) else { throw SystemError(errno: errno) }
        defer { free(real) }
        return Array(UnsafeBufferPointer(start: real, count: strlen(real)).map { UInt8(bitPattern: $0) })
    }
}
