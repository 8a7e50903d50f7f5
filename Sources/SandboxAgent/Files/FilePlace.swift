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
        let bytes = Self.trimmed(path)
        guard Self.hasName(path), let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else {
            throw SystemError(errno: EINVAL)
        }
        let last = bytes[(slash + 1)...]
        directory = try Self.open(
            Array(slash == bytes.startIndex ? path[..<1] : bytes[..<slash]),
            cas_path | O_DIRECTORY
        )
        name = FilePlace.text(Array(last))
    }

    /// Whether the path's last component can be the name of something new.
    static func hasName(_ path: [UInt8]) -> Bool {
        let last = trimmed(path).split(separator: UInt8(ascii: "/")).last ?? []
        let dot = UInt8(ascii: ".")
        return !last.isEmpty && !last.elementsEqual([dot]) && !last.elementsEqual([dot, dot])
    }

    /// Without the slashes at its end.
    private static func trimmed(_ path: [UInt8]) -> ArraySlice<UInt8> {
        var bytes = path[...]
        while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes = bytes.dropLast() }
        return bytes
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

    /// A name that nobody else has thought of.
    static func unusedName(_ prefix: String) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return Array((prefix + String(generator.next(), radix: 36)).utf8)
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
