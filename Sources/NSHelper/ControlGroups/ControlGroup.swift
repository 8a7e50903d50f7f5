/// The group of one generation of a namespace: everything in it can be killed at once.
final class ControlGroup {
    private let parent: ControlDirectory
    private let name: String
    private let directory: ControlDirectory

    init(_ name: String, in parent: ControlDirectory, _ directory: ControlDirectory) {
        self.name = name
        self.parent = parent
        self.directory = directory
    }

    /// For clone3's CLONE_INTO_CGROUP.
    var rawValue: Int32 { directory.rawValue }

    /// Sends SIGKILL to everybody in it, forks under way included: when this has returned true, nobody of them runs a
    /// further instruction of its own (cgroup.kill, Linux 5.14).
    func kill() -> Bool { directory.write("1", to: "cgroup.kill") == 0 }

    /// Whether it could be removed: nobody is left in it.
    func remove() -> Bool { parent.remove(name) }
}
