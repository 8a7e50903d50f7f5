import Glibc

/// What the container around the pair may use, as far as its cgroups tell: version 2, else version 1.
struct ContainerLimits: Hashable {
    /// Bytes; the machine's memory where nothing less is said.
    var memory: UInt64
    /// Processes and threads; nil for any number.
    var processes: UInt64?

    /// - Parameters:
    ///   - cgroups: The text of /proc/self/cgroup, which names this process's group in every hierarchy.
    ///   - machineMemory: Bytes.
    ///   - own: Content of a file of this process's own group of version 2, where that can be looked at.
    ///   - read: Content of a file, nil if there is none.
    init(cgroups: String, machineMemory: UInt64, own: (String) -> String? = { _ in nil }, read: (String) -> String?) {
        let places = Self.places(cgroups)
        // A number that says "any" in version 1 is close to the largest there is.
        func limit(_ controller: String, _ names: [String]) -> UInt64? {
            let directories =
                ["/sys/fs/cgroup" + places[""].orEmpty, "/sys/fs/cgroup"]
                + ["/sys/fs/cgroup/\(controller)" + places[controller].orEmpty, "/sys/fs/cgroup/\(controller)"]
            for directory in [nil] + directories.map(Optional.some) {
                for name in names {
                    guard let text = directory.map({ read("\($0)/\(name)") }) ?? own(name) else { continue }
                    return UInt64(text.prefix { $0.isNumber }).flatMap { $0 >= 1 << 62 ? nil : $0 }
                }
            }
            return nil
        }
        memory = min(limit("memory", ["memory.max", "memory.limit_in_bytes"]) ?? .max, machineMemory)
        processes = limit("pids", ["pids.max"])
    }

    /// This process's group in each hierarchy, by controller; version 2 has the empty name.
    static func places(_ cgroups: String) -> [String: String] {
        var places: [String: String] = [:]
        for line in cgroups.split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            for controller in fields[1].split(separator: ",", omittingEmptySubsequences: false) {
                places[String(controller)] = String(fields[2])
            }
        }
        return places
    }
}

extension String? {
    fileprivate var orEmpty: String { self ?? "" }
}
