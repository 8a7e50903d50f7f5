/// One thing that happened to a watched file. inotify(7).
package struct FileChange: Sendable, Hashable {
    package enum Kind: UInt8, Sendable, CaseIterable {
        case create = 1
        case modify, delete, moveFrom, moveTo, attributes
        /// Events were lost: the kernel's queue was full.
        case overflow
        /// What was watched is gone, and so is the watch.
        case gone
    }

    package var kind: Kind
    /// Absolute path.
    package var path: [UInt8]
    package var isDirectory: Bool

    package init(kind: Kind, path: [UInt8], isDirectory: Bool) {
        self.kind = kind
        self.path = path
        self.isDirectory = isDirectory
    }
}
