/// Who a command with credentials is in mode `users`, for as long as it runs. In mode `landlock` the directory alone is its own.
struct CellIdentity: Hashable {
    /// Its uid, which nobody else has meanwhile.
    var uid: UInt32
    /// Real and saved uid of its keeper, which nobody else ever has: whoever has only `uid` cannot signal the keeper.
    var keeper: UInt32
    /// All that it can write outside of the workspace, removed at its end.
    var directory: String

    /// Its home directory.
    var home: String { directory + "/home" }
    /// Its directory for temporary files.
    var temporary: String { directory + "/tmp" }
}
