public import HelperProtocol

/// A namespace was made anew; everything that ran in it is gone.
public struct NamespaceReset: Sendable, Hashable {
    /// Which one.
    public var namespace: SandboxNamespace
    /// Its number from now on; the first one has 1.
    public var generation: UInt32

    /// Makes a notice.
    public init(namespace: SandboxNamespace, generation: UInt32) {
        self.namespace = namespace
        self.generation = generation
    }
}
