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
    static func sandboxUIDs(_ hello: HelloReply) -> Set<UInt32>? {
        let ids = hello.ids
        // There it is everybody's, and who proves to be outside by the access token is let in after all.
        if hello.mode == .landlock { return [ids.user] }
        guard ids.user != ids.control, ids.secure != ids.control else { return nil }
        return Set([ids.user, ids.secure]).union(hello.cellUIDs ?? 0..<0)
    }

    /// Memory is the one thing that only a cgroup limits for many processes together.
    private static func survivalProblem(_ hello: HelloReply) -> String? {
        let limited = hello.limits.filter { $0.resource == .memory && $0.source == .controlGroup }.map(\.namespace)
        guard !Set(limited).isSuperset(of: [.user, .secure]) else { return nil }
        let why = hello.controlGroupProblem ?? "the memory controller is not delegated to the pair"
        return "Memory has no limit but the container's or the machine's: \(why). Everything else is limited."
    }

    private static func reasonNotHeld(_ number: Int, _ hello: HelloReply) -> String? {
        if number == 7, sandboxUIDs(hello) == nil {
            return "Commands have the server's uid, so their connections cannot be told apart."
        }
        switch (hello.mode, number) {
        case (.namespaces, 9): return survivalProblem(hello)
        case (.users, _): return reasonNotHeldByUsers(number, landlock: hello.landlockVersion)
        case (.landlock, _): return reasonNotHeldByLandlock(number)
        case (_, 2), (_, 7), (_, 8), (_, 10), (.namespaces, _), (.some(.none), 3): return nil
        case (.some(.none), 1): return "Isolation is off: commands see the control plane's processes."
        case (.some(.none), 4): return "Isolation is off: other commands can read a command's credentials."
        case (.some(.none), 5): return "Isolation is off: what a command leaves behind is not confined to a cell."
        case (.some(.none), 6): return "Isolation is off: there is no user namespace of its own."
        case (.some(.none), _): return "Isolation is off: commands can reach the control plane's processes."
        case (nil, _): return "The isolation that was asked for cannot be had, so no command is run."
        }
    }

    private static func reasonNotHeldByLandlock(_ number: Int) -> String? {
        switch number {
        case 1:
            "Without a PID namespace ps lists the control plane's processes; Landlock keeps them from being signalled, traced or "
                + "read."
        case 4:
            "Without a PID namespace ps shows everybody a command's command line; names in its directories can be listed, its "
                + "sockets with a path be connected to, and its terminal be opened in the moment in which it is made. Its "
                + "environment, memory, descriptors and files are protected."
        case 5:
            "All have one uid: processes are gone, but user code can keep a command's directory from being removed, by the "
                + "modes of the uid's own files and by stopping what starts commands."
        case 9:
            "All have one uid: its limits are shared, memory, CPU and disk are the container's, and user code can stop the "
                + "service by signals, by descriptors in flight and by the modes of the uid's own files."
        default: nil
        }
    }

    private static func reasonNotHeldByUsers(_ number: Int, landlock: UInt16) -> String? {
        switch number {
        case 1:
            "Without a PID namespace ps lists the control plane's processes; they cannot be signalled, traced or read."
        case 4 where landlock == 0:
            "Without a PID namespace ps shows everybody a command's command line, and without Landlock what it writes "
                + "to public directories stays there."
        case 4:
            "Without a PID namespace ps shows everybody a command's command line; its environment, memory, files and "
                + "descriptors are protected."
        case 5 where landlock == 0:
            "This kernel has no Landlock: processes and the home directory are gone, but what a command wrote to public "
                + "directories is not."
        case 9:
            "Processes and descriptors are limited; memory, CPU and disk are the container's: set limits on it."
        default: nil
        }
    }
}
