import HelperProtocol
import SandboxTestSupport

/// What a pair could leak, counted.
struct SystemCounts: CustomStringConvertible {
    var descriptors: Int
    var mounts: [String: Int]
    /// Distinct namespaces that the pair's processes are in.
    var namespaces: Int
    var processes: Int
    var zombies: Int
    var controlGroups: Int

    init(of pair: Pair) throws {
        let helper = pair.helper.pid
        let own = [helper] + pair.processes
        descriptors = DirectoryListing.names("/proc/\(helper)/fd").count
        mounts = [:]
        for (namespace, pid) in pair.inits {
            mounts[namespace.name] = Self.mounts(of: pid)
        }
        mounts["helper"] = Self.mounts(of: helper)
        var seen: Set<String> = []
        for pid in own {
            for name in DirectoryListing.names("/proc/\(pid)/ns") {
                ProcessFile.link(pid, "ns/\(name)").map { _ = seen.insert($0) }
            }
        }
        namespaces = seen.count
        processes = own.count
        zombies = own.filter { ProcessFile.status($0)["State"]?.first == "Z" }.count
        controlGroups = Self.controlGroups(of: helper)
    }

    var description: String {
        "descriptors \(descriptors), mounts \(mounts.sorted { $0.key < $1.key }), namespaces \(namespaces), "
            + "processes \(processes), zombies \(zombies), control groups \(controlGroups)"
    }

    /// What there is more of than before, with both counts. Less is no leak: mounts and control groups of others on this
    /// machine, which are counted as well, go away meanwhile.
    func growth(since before: SystemCounts) -> [String] {
        var pairs = [
            ("descriptors", before.descriptors, descriptors), ("namespaces", before.namespaces, namespaces),
            ("processes", before.processes, processes), ("zombies", before.zombies, zombies),
            ("control groups", before.controlGroups, controlGroups),
        ]
        for (name, count) in mounts { pairs.append(("mounts of \(name)", before.mounts[name] ?? 0, count)) }
        return pairs.filter { $1 < $2 }.map { "\($0): \($1), then \($2)" }
    }

    /// Without other tests' workspaces, which come and go meanwhile: removing a mount point unmounts it everywhere.
    private static func mounts(of pid: Int32) -> Int? {
        ProcessFile.text(pid, "mountinfo")?.split(separator: "\n").filter { !$0.contains("/sandbox-tests/") }.count
    }

    /// Groups below the helper's own, in every hierarchy.
    private static func controlGroups(of pid: Int32) -> Int {
        func count(_ path: String) -> Int {
            DirectoryListing.names(path).reduce(0) { sum, name in
                // Directories alone: files have none in them.
                let below = path + "/" + name
                return DirectoryListing.names(below).isEmpty ? sum : sum + 1 + count(below)
            }
        }
        let groups = (ProcessFile.text(pid, "cgroup") ?? "").split(separator: "\n")
        return groups.reduce(0) { sum, line in
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return sum }
            let controllers = parts[1].isEmpty ? "unified" : parts[1].split(separator: "=").last.map(String.init) ?? ""
            let paths = ["/sys/fs/cgroup/\(controllers)\(parts[2])", "/sys/fs/cgroup\(parts[2])"]
            guard let path = paths.first(where: { !DirectoryListing.names($0).isEmpty }) else { return sum }
            return sum + count(path)
        }
    }
}
