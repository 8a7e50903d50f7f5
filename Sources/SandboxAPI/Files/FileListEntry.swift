/// One entry of a listed directory.
public struct FileListEntry: Codable, Sendable, Hashable {
    /// What the owner may do with the file.
    public struct Permissions: Codable, Sendable, Hashable {
        /// The owner's read bit.
        public var readable: Bool
        /// The owner's write bit.
        public var writable: Bool
        /// The owner's execute bit.
        public var executable: Bool

        /// Makes a set of bits.
        public init(readable: Bool, writable: Bool, executable: Bool) {
            self.readable = readable
            self.writable = writable
            self.executable = executable
        }
    }

    /// What an entry is; links are not followed.
    public enum Kind: String, Codable, Sendable {
        case file, directory, symlink, other
    }

    /// Last component of the path. What is no UTF-8 in it is shown as U+FFFD.
    public var name: String
    /// Path from the root.
    public var absolutePath: String
    /// Path from the listed directory.
    public var relativePath: String
    /// What it is.
    public var type: Kind
    /// In bytes.
    public var size: Int
    /// `YYYY-MM-DDTHH:MM:SS.ffffffffff` in UTC, without a zone.
    public var modifiedAt: String
    /// Nine characters such as `rwxr-xr-x`.
    public var mode: String
    /// The owner's bits.
    public var permissions: Permissions

    /// Makes an entry.
    public init(
        name: String,
        absolutePath: String,
        relativePath: String,
        type: Kind,
        size: Int,
        modifiedAt: String,
        mode: String,
        permissions: Permissions
    ) {
        self.name = name
        self.absolutePath = absolutePath
        self.relativePath = relativePath
        self.type = type
        self.size = size
        self.modifiedAt = modifiedAt
        self.mode = mode
        self.permissions = permissions
    }
}
