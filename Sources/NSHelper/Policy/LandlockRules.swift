/// What a Landlock domain keeps its processes from (landlock(7)): always from abstract sockets and signals outside of it,
/// where the kernel can, and from looking into processes outside of it.
struct LandlockRules: Hashable {
    /// Version of the kernel's interface, at least 1; scopes came with 6, ports with 4.
    var version: Int32
    /// The only places of which files may be read and executed; nil for all that file modes allow. Names can always be
    /// listed.
    var readable: [String]?
    /// The only places that may be written; nil for all that file modes allow.
    var writable: [String]?
    /// Whether no TCP port may be bound.
    var forbidsBinding = false
}
