import HelperProtocol

/// What is written into which file of a group. Pure; `ControlGroups` writes it.
struct ControlGroupPlan {
    /// The controllers that are of use here.
    enum Controller: String, CaseIterable {
        case cpu, memory, pids
    }

    /// One file and what it is to hold.
    struct Setting: Hashable {
        var file: String
        var value: String
        /// Whether the kernel may not have the file at all.
        var isOptional = false
    }

    /// Bytes of `user` and of `secure`.
    var memory: (user: UInt64, secure: UInt64)
    /// Shares of the processors where there are too few.
    var weight: (user: Int, secure: Int)
    /// Processes and threads of a generation, those that watch over commands included.
    var processes: (user: UInt64, secure: UInt64)

    /// The control plane's share of the processors.
    static let controlWeight = 400

    init(_ configuration: HelperConfiguration, _ limits: SandboxLimits, containerMemory: UInt64) {
        memory = (
            configuration.userMemory.bytes(of: containerMemory), configuration.secureMemory.bytes(of: containerMemory)
        )
        weight = (configuration.userWeight, configuration.secureWeight)
        // A shepherd and the process that becomes the command, for each slot: the uid's own limit is met before.
        processes = (
            limits.user.processes + UInt64(configuration.processSlots) * 2,
            limits.secure.processes + UInt64(configuration.cellSlots) * 2
        )
    }

    /// The settings of the group that holds all generations of a namespace.
    func settings(_ namespace: SandboxNamespace, _ controllers: Set<Controller>) -> [Setting] {
        var settings: [Setting] = []
        if controllers.contains(.cpu) {
            let weight = namespace == .control ? Self.controlWeight : namespace == .user ? weight.user : weight.secure
            settings.append(Setting(file: "cpu.weight", value: "\(weight)"))
        }
        if controllers.contains(.memory), namespace != .control {
            let bytes = namespace == .user ? memory.user : memory.secure
            settings.append(Setting(file: "memory.max", value: "\(bytes)"))
            // Swapping would only draw the end out, and a cell's secrets do not belong on a disk. Absent where the
            // kernel accounts for no swap.
            settings.append(Setting(file: "memory.swap.max", value: "0", isOptional: true))
        }
        return settings
    }

    /// The settings of one generation's group. The limit on processes is there, so that those of a killed generation,
    /// which take their time to go, leave the next one its room.
    func settingsOfGeneration(_ namespace: SandboxNamespace, _ controllers: Set<Controller>) -> [Setting] {
        guard controllers.contains(.pids) else { return [] }
        return [Setting(file: "pids.max", value: "\(namespace == .user ? processes.user : processes.secure)")]
    }
}
