import CNamespaceShim
import HelperProtocol

/// What `hello` tells about limits: each with what enforces it.
enum LimitRows {
    /// Every limit of `user` and `secure`, as it is and not as it was asked for.
    ///
    /// - Parameter controllers: Those of the pair's own cgroups.
    static func rows(
        _ configuration: HelperConfiguration,
        _ limits: SandboxLimits,
        _ controllers: Set<ControlGroupPlan.Controller>,
        container: ContainerLimits
    ) -> [SandboxLimit] {
        let plan = ControlGroupPlan(configuration, limits, containerMemory: container.memory)
        return [SandboxNamespace.user, .secure].flatMap { namespace -> [SandboxLimit] in
            let isUser = namespace == .user
            let share = isUser ? limits.user : limits.secure
            func row(_ resource: SandboxLimit.Resource, _ source: SandboxLimit.Source, _ value: UInt64) -> SandboxLimit
            {
                SandboxLimit(resource: resource, namespace: namespace, source: source, value: value)
            }
            func size(_ text: String) -> UInt64 { MemoryShare(text)?.bytes(of: cns_memory_bytes()) ?? 0 }
            let memory = isUser ? plan.memory.user : plan.memory.secure
            let weight = UInt64(isUser ? plan.weight.user : plan.weight.secure)
            return [
                row(.processes, .resourceLimit, share.processes),
                row(.openFiles, .resourceLimit, share.openFiles),
                controllers.contains(.memory)
                    ? row(.memory, .controlGroup, memory) : row(.memory, .container, container.memory),
                controllers.contains(.cpu)
                    ? row(.processorWeight, .controlGroup, weight) : row(.nice, .priority, UInt64(share.nice)),
                row(.commands, .helper, UInt64(isUser ? configuration.processSlots : configuration.cellSlots)),
                row(.temporaryBytes, .mount, size(configuration.sizes.tmp)),
                row(.homeBytes, .mount, size(configuration.sizes.home)),
                row(.sharedMemoryBytes, .mount, size(configuration.sizes.shm)),
                row(.files, .mount, configuration.sizes.inodes),
                row(.terminals, .mount, configuration.sizes.terminals),
            ]
        }
    }
}
