import Glibc
import HelperTransport

@testable import NSHelper

/// A directory that looks like a cgroup: what the kernel would make in it is there from the start, and takes every
/// value. Goes with its last owner.
final class FakeControlGroup {
    let path: String
    static let pid: pid_t = 42
    private var made: [String] = []

    init(controllers: String, without missing: Set<String> = []) throws(SystemError) {
        path = "/tmp/fake-cgroup-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        let groups = ["control", "user", "secure"].map { "/ns-helper-\(Self.pid)-\($0)" }
        let files = [
            "cgroup.procs", "cgroup.subtree_control", "cgroup.kill", "cpu.weight", "memory.max", "memory.swap.max",
            "pids.max",
        ]
        for directory in [""] + groups + groups.dropFirst().flatMap({ [$0 + "/1", $0 + "/2"] }) {
            guard mkdir(path + directory, 0o755) == 0 else { throw SystemError(errno: errno) }
            made.append(path + directory)
            for file in files where !missing.contains(file) { try write("", to: "\(directory)/\(file)") }
        }
        try write(controllers + "\n", to: "/cgroup.controllers")
    }

    deinit {
        for path in made.reversed() where unlink(path) != 0 { rmdir(path) }
    }

    /// Makes or replaces one of its files.
    func write(_ text: String, to name: String) throws(SystemError) {
        let file = OwnedDescriptor(adopting: Glibc.open(path + name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644))
        let bytes = Array(text.utf8)
        guard file.rawValue >= 0, Glibc.write(file.rawValue, bytes, bytes.count) == bytes.count else {
            throw SystemError(errno: errno)
        }
        made.append(path + name)
    }

    func open() throws(SystemError) -> ControlDirectory {
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError(errno: errno) }
        return ControlDirectory(adopting: OwnedDescriptor(adopting: descriptor))
    }

    /// What was written into a group's file.
    func text(_ group: String, _ file: String) -> String? {
        TextFile.read("\(path)/ns-helper-\(Self.pid)-\(group)/\(file)")
    }

    /// Takes the members out of a group, as far as there are any: its files stand for them.
    func empty(_ group: String) {
        let start = "\(path)/ns-helper-\(Self.pid)-\(group)/"
        for path in made where path.hasPrefix(start) { unlink(path) }
    }
}
