import AgentProtocol
import CMessageShim
import Glibc
import HelperTransport

/// The entries of a directory, in a file that the server reads.
struct DirectoryListing: ~Copyable {
    /// Most entries, and most bytes of them.
    private static let entryLimit: UInt32 = 200_000
    private static let byteLimit = 64 << 20
    /// Deepest nesting: one descriptor is open for each level.
    private static let depthLimit = 200

    let file: OwnedDescriptor
    private(set) var count: UInt32 = 0
    private(set) var isComplete = true
    private var byteCount = 0
    private let isRecursive: Bool
    private let showsHidden: Bool

    /// Lists `path`, which must be a directory and no link to one.
    static func make(_ path: [UInt8], recursive: Bool, hidden: Bool) throws(SystemError) -> DirectoryListing {
        var descriptor: Int32 = -1
        try SystemError.check(cms_memfd("listing", &descriptor))
        var listing = DirectoryListing(
            file: OwnedDescriptor(adopting: descriptor),
            recursive: recursive,
            hidden: hidden
        )
        let root = try FilePlace.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        try listing.add(root, prefix: [], depth: 0)
        return listing
    }

    private init(file: consuming OwnedDescriptor, recursive: Bool, hidden: Bool) {
        self.file = file
        isRecursive = recursive
        showsHidden = hidden
    }

    private mutating func add(_ directory: consuming OwnedDescriptor, prefix: [UInt8], depth: Int) throws(SystemError) {
        let names = try DirectoryNames.read(directory.rawValue).map(\.name).filter { name in
            showsHidden || name.first != UInt8(ascii: ".")
        }
        for name in names.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            var status = stat()
            // One that is gone by now is left out.
            guard fstatat(directory.rawValue, FilePlace.text(name), &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            let entry = FileEntry(status, name: prefix + name)
            let bytes = entry.encoded()
            guard count < Self.entryLimit, byteCount + bytes.count <= Self.byteLimit, entry.name.count < 65_536 else {
                isComplete = false
                return
            }
            guard write(file.rawValue, bytes, bytes.count) == bytes.count else { throw SystemError(errno: errno) }
            count += 1
            byteCount += bytes.count
            guard isRecursive, entry.kind == .directory else { continue }
            guard depth < Self.depthLimit else {
                isComplete = false
                continue
            }
            // One that may not be read is listed without what is in it.
            let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW
            guard let below = try? FilePlace.open(directory.rawValue, FilePlace.text(name), flags) else { continue }
            try add(below, prefix: prefix + name + [UInt8(ascii: "/")], depth: depth + 1)
        }
    }
}
