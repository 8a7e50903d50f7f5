/// Limits of the private file systems.
struct MountSizes: Hashable {
    var tmp = "256m"
    var home = "512m"
    var shm = "64m"
    var run = "16m"
    var inodes: UInt64 = 65_536
    var terminals: UInt64 = 64
}
