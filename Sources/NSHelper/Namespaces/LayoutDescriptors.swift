/// Numbers of the descriptors that steps refer to. Owned by `DescriptorStore`.
struct LayoutDescriptors: Hashable {
    var null: Int32
    var lifeline: Int32
    /// User namespace whose maps swap the uids of user and secure.
    var identityMap: Int32?
}
