import FoundationEssentials
import Glibc
import HelperProtocol
import SandboxTestSupport

/// What a command's state must be, one line a fact, compared with what `state-probe` says.
///
/// Ids, namespaces and the workspace stand in the file by their meaning, since their numbers differ from pair to pair.
struct GoldenRecord {
    private let facts: [String: String]

    /// Reads `Golden/NAME.json`.
    init(_ name: String, changed: [String: String] = [:], file: String = #filePath) throws {
        let directory = file.split(separator: "/").dropLast().joined(separator: "/")
        guard let content = FileBytes.read("/\(directory)/Golden/\(name).json") else {
            throw TestFailure("no golden record of \(name)")
        }
        facts = try JSONDecoder().decode([String: String].self, from: Data(content))
            .merging(changed) { _, new in new }
    }

    /// One line for each fact that is not as it must be.
    func differences(from record: StateRecord, in namespace: SandboxNamespace, of pair: Pair) -> [String] {
        var found = Self.facts(record, namespace, pair)
        for (key, value) in Self.mountFacts(record, pair, known: Set(facts.keys)) { found[key] = value }
        var differences: [String] = []
        for (key, expected) in facts.sorted(by: { $0.key < $1.key }) {
            let expected = Self.onThisMachine(key, expected)
            // What came with the machine may be restricted further.
            if key == "mounts.others", let restrictions = found[key].map({ Set($0.split(separator: " ")) }),
                restrictions.isSuperset(of: expected.split(separator: " "))
            {
                continue
            }
            // Not every kernel has every place below /proc and /sys; every one has /proc/sys.
            let mayMiss = key.hasPrefix("mounts./proc/") || key.hasPrefix("mounts./sys/")
            if found[key] == nil, mayMiss, access(String(key.dropFirst("mounts.".count)), F_OK) != 0 { continue }
            if found[key] != expected {
                differences.append("\(key): \(found[key] ?? "nothing") instead of \(expected)")
            }
        }
        return differences
    }

    private static func facts(_ record: StateRecord, _ namespace: SandboxNamespace, _ pair: Pair) -> [String: String] {
        let users = [pair.ids.control: "control", pair.ids.user: "user", pair.ids.secure: "secure"]
        let groups = [pair.ids.controlGroup: "control", pair.ids.workspaceGroup: "workspace"]
        var facts = [
            "uids": record.uids.map { users[$0] ?? "\($0)" }.joined(separator: " "),
            "gids": record.gids.map { groups[$0] ?? "\($0)" }.joined(separator: " "),
            "groups": record.groups.map { groups[$0] ?? "\($0)" }.joined(separator: " "),
            "noNewPrivileges": "\(record.noNewPrivileges)", "seccomp": "\(record.seccomp)",
            "seccompFilters": "\(record.seccompFilters)", "threads": "\(record.threads)",
            "descriptors": record.descriptors.sorted().joined(separator: ", "),
            "workingDirectory": record.workingDirectory == pair.workspace ? "workspace" : record.workingDirectory,
            "fileModeMask": record.fileModeMask, "sessionLeader": "\(record.sessionLeader)",
            "groupLeader": "\(record.groupLeader)", "controllingTerminal": "\(record.controllingTerminal)",
            "dumpable": "\(record.dumpable)", "outOfMemoryScore": "\(record.outOfMemoryScore)",
            "parentDeathSignal": "\(record.parentDeathSignal)", "subreaper": "\(record.subreaper)",
            "keyring": record.keyring, "parent": "\(record.parent)", "pid": "\(record.pid)",
            "environment": record.environment.sorted().joined(separator: " "),
        ]
        for (name, value) in record.capabilities { facts["capabilities.\(name)"] = value }
        for (name, value) in record.signals { facts["signals.\(name)"] = value }
        for (name, value) in record.limits { facts["limits.\(name)"] = value.joined(separator: " ") }
        for (name, value) in record.namespaces {
            let isHelpers = value == ProcessFile.link(pair.helper.pid, "ns/\(name)")
            let isInits = value == pair.inits[namespace].flatMap { ProcessFile.link($0, "ns/\(name)") }
            facts["namespaces.\(name)"] = isHelpers ? "helper" : isInits ? "namespace" : "cell"
        }
        return facts
    }

    /// The uppermost mount at each point. What the record does not name came with the image, and must at least
    /// have the restrictions of `mounts.others`.
    private static func mountFacts(_ record: StateRecord, _ pair: Pair, known: Set<String>) -> [String: String] {
        var facts: [String: String] = [:]
        var others: Set<String>?
        var uppermost: [String: StateRecord.Mount] = [:]
        for mount in record.mounts { uppermost[mount.point] = mount }
        for mount in uppermost.values {
            let restrictions = mount.restrictions.joined(separator: " ")
            let key = mount.point == pair.workspace ? "mounts.workspace" : "mounts.\(mount.point)"
            if mount.root == "/null", mount.point.hasPrefix("/proc/") {
                facts[key] = "null"
            } else if key == "mounts.workspace" || key == "mounts./"
                || mount.root != "/" && key.hasPrefix("mounts./dev/")
            {
                // On whatever file system the machine has there.
                facts[key] = restrictions
            } else if known.contains(key) {
                facts[key] = mount.type + " " + restrictions
            } else if mount.root != "/null", !mount.point.hasPrefix("/proc/") {
                others = others.map { $0.intersection(mount.restrictions) } ?? Set(mount.restrictions)
            }
        }
        facts["mounts.others"] = others?.sorted().joined(separator: " ")
        return facts
    }

    /// Limits above this machine's hard ones are cut to them; those that the policy does not name are inherited.
    private static func onThisMachine(_ key: String, _ expected: String) -> String {
        guard key.hasPrefix("limits."), let number = limits.firstIndex(of: String(key.dropFirst("limits.".count)))
        else {
            return expected
        }
        var own = rlimit()
        guard getrlimit(__rlimit_resource_t(number), &own) == 0 else { return expected }
        func text(_ value: UInt64) -> String { value == .max ? "unlimited" : "\(value)" }
        if expected == "inherited" { return text(UInt64(own.rlim_cur)) + " " + text(UInt64(own.rlim_max)) }
        let values = expected.split(separator: " ").map { UInt64($0) ?? .max }
        return values.map { text(min($0, UInt64(own.rlim_max))) }.joined(separator: " ")
    }

    /// In the order of their numbers (getrlimit(2)), which is the same on x86-64 and arm64.
    private static let limits = [
        "cpu", "fileSize", "data", "stack", "core", "residentSet", "processes", "openFiles", "lockedMemory",
        "addressSpace", "locks", "pendingSignals", "messageQueues", "nice", "realTimePriority", "realTimeTime",
    ]
}
