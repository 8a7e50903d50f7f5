/// A step between the decision to start a process and the new program's first instruction, or a step in
/// making a namespace; numbers and meanings: Docs/HelperProtocol.md, section 7. Reported with the kernel's error number when it fails.
public enum Stage: UInt16, Sendable, CaseIterable {
    case none = 0
    // Made by the helper itself.
    case payload = 1
    case report = 2
    case joinPIDNamespace = 3
    case clone = 4
    // Made in the child.
    case signalDispositions = 10
    case outOfMemoryScore = 11
    case notDumpable = 12
    case standardStreams = 13
    case closeDescriptors = 14
    case newSession = 15
    case resourceLimits = 16
    case joinNamespace = 17
    case newNamespace = 18
    case privateMounts = 19
    case fileMode = 20
    case mount = 21
    case mask = 22
    case makeDirectory = 23
    case symbolicLink = 24
    case device = 25
    case mountAttributes = 26
    case fork = 27
    case keyring = 28
    case ambientCapabilities = 29
    case boundingSet = 30
    case supplementaryGroups = 31
    case groupID = 32
    case userID = 33
    case capabilities = 34
    case verifyIdentity = 35
    case parentDeathSignal = 36
    case workingDirectory = 37
    case subreaper = 38
    case terminal = 39
    case noNewPrivileges = 40
    case signalMask = 41
    case systemCallFilter = 42
    case execute = 43
    case sendDescriptors = 44
    case landlock = 45
    case controlGroup = 46
    // Start-up probes of the helper.
    case helperIdentity = 60
    case helperCapabilities = 61
    case helperThreads = 62
    case identityMap = 63
    case workspace = 64
    case listener = 65
    case probe = 66

    /// The step's name in words, for messages.
    public var name: String { "\(self)" }
}
