public import HelperTransport

/// The child's ends of its three standard streams, each with its owner.
public struct StandardStreams: ~Copyable, Sendable {
    let input: OwnedDescriptor
    let output: OwnedDescriptor
    let error: OwnedDescriptor

    /// Takes over three descriptors.
    public init(
        input: consuming OwnedDescriptor,
        output: consuming OwnedDescriptor,
        error: consuming OwnedDescriptor
    ) {
        self.input = input
        self.output = output
        self.error = error
    }
}
