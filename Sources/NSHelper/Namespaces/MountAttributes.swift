import CNamespaceShim

/// Attributes of mount_setattr(2) that this program uses.
struct MountAttributes: OptionSet, Hashable {
    let rawValue: UInt8
    static let readOnly = MountAttributes(rawValue: 1)
    static let noSUID = MountAttributes(rawValue: 2)
    static let noDevices = MountAttributes(rawValue: 4)
}

extension MountAttributes {
    var kernelValue: UInt64 {
        (contains(.readOnly) ? cns_attribute_read_only : 0) | (contains(.noSUID) ? cns_attribute_no_suid : 0)
            | (contains(.noDevices) ? cns_attribute_no_dev : 0)
    }
}
