import Glibc
import HelperTransport
import SandboxTestSupport

@testable import NSHelper

/// A directory that looks like a cgroup: what the kernel would make in it is there from the start, and takes every
/// value. Goes with its last owner.
final class FakeControlGroup {
    let path: String
    static let pid: pid_t = 42

    init(controllers: String, without missing: Set<String> = []) throws {
        path = "/tmp/fake-cgroup-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        let groups = ["control", "user", "secure"].map { "ns-helper-\(Self.pid)-\($0)" }
        let directories = [""] + groups + groups.dropFirst().flatMap { ["\($0)/1", "\($0)/2"] }
        let files = [
            "cgroup.procs", "cgroup.subtree_control", "cgroup.kill", "cpu.weight", "memory.max", "memory.swap.max",
            "pids.max",
        ]
        for directory in directories {
            guard mkdir("\(path)/\(directory)", 0o755) == 0 else { throw TestFailure("cannot make a fake cgroup") }
            for file in files where !missing.contains(file) {
                try FileBytes.write("", to: "\(path)/\(directory)/\(file)")
            }
        }
        try FileBytes.write(controllers + "\n", to: path + "/cgroup.controllers")
    }

    deinit { DirectoryListing.remove(path) }

    func open() throws -> ControlDirectory {
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw TestFailure("cannot open a fake cgroup") }
        return ControlDirectory(adopting: OwnedDescriptor(adopting: descriptor))
    }

    /// What was written into a group's file.
    func text(_ group: String, _ file: String) -> String? {
        let directory = group.isEmpty ? path : "\(path)/ns-helper-\(Self.pid)-\(group)"
        return FileBytes.read("\(directory)/\(file)").map { String(decoding: $0, as: UTF8.self) }
    }
}
