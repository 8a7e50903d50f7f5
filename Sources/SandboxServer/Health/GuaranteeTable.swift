import HelperProtocol
import SandboxAPI

/// Which of the ten guarantees hold in the mode that is really running.
///
/// G8 needs no question: a server that could not prove it does not run.
enum GuaranteeTable {
    static let names = [
        "hidden control", "held ports", "clean user environment", "credential isolation", "nothing left",
        "debuggable user space", "no self-service", "powerless server", "survival", "honesty",
    ]

    /// All ten, in order.
    static func rows(_ hello: HelloReply) -> [HealthResponse.Guarantee] {
        names.indices.map { index in
            let reason = reasonNotHeld(index + 1, hello)
            return HealthResponse.Guarantee(
                id: "G\(index + 1)",
                name: names[index],
                held: reason == nil,
                reason: reason
            )
        }
    }

    /// The uids that may not use the API; nil if they are not distinct from the control plane's.
    static func sandboxUIDs(_ ids: SandboxIdentities) -> Set<UInt32>? {
        ids.user == ids.control || ids.secure == ids.control ? nil : [ids.user, ids.secure]
    }

    /// Memory is the one thing that only a cgroup limits for many processes together.
    private static func survivalProblem(_ hello: HelloReply) -> String? {
        let limited = hello.limits.filter { $0.resource == .memory && $0.source == .controlGroup }.map(\.namespace)
        guard !Set(limited).isSuperset(of: [.user, .secure]) else { return nil }
        let why = hello.controlGroupProblem ?? "the memory controller is not delegated to the pair"
        return "Memory has no limit but the container's or the machine's: \(why). Everything else is limited."
    }

    private static func reasonNotHeld(_ number: Int, _ hello: HelloReply) -> String? {
        if number == 7, sandboxUIDs(hello.ids) == nil {
            return "Commands have the server's uid, so their connections cannot be told apart."
        }
        switch (hello.mode, number) {
        case (.namespaces, 9): return survivalProblem(hello)
        case (_, 2), (_, 7), (_, 8), (_, 10), (.namespaces, _), (.some(.none), 3): return nil
        case (.some(.none), 1): return "Isolation is off: commands see the control plane's processes."
        case (.some(.none), 4): return "Isolation is off: other commands can read a command's credentials."
        case (.some(.none), 5): return "Isolation is off: what a command leaves behind is not confined to a cell."
        case (.some(.none), 6): return "Isolation is off: there is no user namespace of its own."
        case (.some(.none), _): return "Isolation is off: commands can reach the control plane's processes."
        case (nil, _): return "The isolation that was asked for cannot be had, so no command is run."
        }
    }
}
