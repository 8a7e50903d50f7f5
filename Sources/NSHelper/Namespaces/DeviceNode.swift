/// A character device that every namespace's /dev has.
struct DeviceNode: Hashable {
    var name: String
    var major: UInt32
    var minor: UInt32

    /// Its path inside the namespace.
    var path: String { "/dev/" + name }

    /// The nodes that programs take for granted; all of them are harmless to share.
    static let all = [
        DeviceNode(name: "null", major: 1, minor: 3),
        DeviceNode(name: "zero", major: 1, minor: 5),
        DeviceNode(name: "full", major: 1, minor: 7),
        DeviceNode(name: "random", major: 1, minor: 8),
        DeviceNode(name: "urandom", major: 1, minor: 9),
        DeviceNode(name: "tty", major: 5, minor: 0),
    ]
}
