/// Flags of mount(2) that this program uses.
struct MountFlags: OptionSet, Hashable {
    let rawValue: UInt
    static let noSUID = MountFlags(rawValue: 0x2)
    static let noDevices = MountFlags(rawValue: 0x4)
    static let noExecute = MountFlags(rawValue: 0x8)
}
