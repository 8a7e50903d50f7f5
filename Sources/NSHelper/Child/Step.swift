import HelperProtocol

/// One step of a child between clone(2) and execve(2), as a value that tests can compare.
///
/// The lists of steps are made in `ChildPlan` and `MountPlan`; C runs them (`cns_step.h`) from the memory
/// that `StepProgram` lays out.
enum Step: Hashable, Sendable {
    case defaultSignals
    case outOfMemoryScore(Int)
    case nice(Int)
    case notDumpable
    case newSession
    case resourceLimit(ResourceLimit)
    case joinNamespace(descriptor: Int32, NamespaceKind)
    case newMountNamespace
    case privateMounts
    case mount(source: String, target: String, type: String, flags: MountFlags, data: String)
    case openLocation(String, Int)
    case mountLocation(Int, target: String)
    case device(Int, DeviceNode)
    case idmap(String, userNamespace: Int32)
    case mask(String)
    case readOnly(String)
    case mountAttributes(String, set: MountAttributes, clear: MountAttributes, wholeTree: Bool)
    case makeDirectory(String, mode: UInt32)
    case ownDirectory(String, uid: UInt32, gid: UInt32, mode: UInt32)
    case symbolicLink(String, at: String)
    case sendNamespaces
    case forkInit([Step])
    case reapForEver(lifeline: Int32)
    case reapUntilCommandEnds(status: Int32)
    case shepherd(status: Int32)
    case keep(status: Int32, lifeline: Int32, directory: String, endsAtOnce: Bool)
    case descriptors([Int32])
    case sessionKeyring
    case clearAmbient
    case dropBounding
    case supplementaryGroups([UInt32])
    case groupID(UInt32)
    case userID(UInt32)
    /// Real and saved uid, by which a process is signalled, and the effective one, by which it acts (credentials(7)).
    case userIDs(real: UInt32, effective: UInt32)
    case dropCapabilities
    case verifyIdentity(
        uid: UInt32,
        effective: UInt32? = nil,
        gid: UInt32,
        boundingIsEmpty: Bool = true,
        groupsAreEmpty: Bool = true
    )
    case verifyDomain
    case parentDeathSignal(Int32)
    case workingDirectory([UInt8])
    case fileModeMask(UInt32)
    case subreaper
    /// Exclusive: nobody opens it again.
    case terminal(TerminalSize, isExclusive: Bool = false)
    case noNewPrivileges
    case landlock(LandlockRules)
    case emptySignalMask
    case filter(FilterName)
    case title(String)
    case execute([UInt8])
    case executeDescriptor(Int32)
    case exit(Int32)

    /// What a failure of this step is reported as.
    var stage: Stage {
        switch self {
        case .defaultSignals: .signalDispositions
        case .outOfMemoryScore: .outOfMemoryScore
        case .nice: .resourceLimits
        case .notDumpable: .notDumpable
        case .newSession: .newSession
        case .resourceLimit: .resourceLimits
        case .joinNamespace: .joinNamespace
        case .newMountNamespace: .newNamespace
        case .privateMounts: .privateMounts
        case .mount, .mountLocation: .mount
        case .openLocation, .device: .device
        case .idmap: .workspace
        case .mask, .readOnly: .mask
        case .mountAttributes: .mountAttributes
        case .makeDirectory, .ownDirectory: .makeDirectory
        case .symbolicLink: .symbolicLink
        case .sendNamespaces: .sendDescriptors
        case .forkInit, .reapForEver, .reapUntilCommandEnds, .shepherd, .keep: .fork
        case .descriptors: .closeDescriptors
        case .sessionKeyring: .keyring
        case .clearAmbient: .ambientCapabilities
        case .dropBounding: .boundingSet
        case .supplementaryGroups: .supplementaryGroups
        case .groupID: .groupID
        case .userID, .userIDs: .userID
        case .dropCapabilities: .capabilities
        case .verifyIdentity: .verifyIdentity
        case .parentDeathSignal: .parentDeathSignal
        case .workingDirectory: .workingDirectory
        case .fileModeMask: .fileMode
        case .subreaper: .subreaper
        case .terminal: .terminal
        case .noNewPrivileges: .noNewPrivileges
        case .landlock, .verifyDomain: .landlock
        case .emptySignalMask: .signalMask
        case .filter: .systemCallFilter
        case .title: .signalMask
        case .execute, .executeDescriptor, .exit: .execute
        }
    }
}
