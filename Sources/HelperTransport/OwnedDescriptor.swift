import Glibc

/// A file descriptor with exactly one owner; closed when the owner lets go of it.
public struct OwnedDescriptor: ~Copyable, Sendable {
    /// The number, for system calls; the receiver keeps ownership.
    public let rawValue: Int32

    /// Takes over `rawValue`, which nobody else may close from now on.
    public init(adopting rawValue: Int32) {
        self.rawValue = rawValue
    }

    deinit {
        close(rawValue)
    }

    /// Gives up ownership: the caller closes the number from now on.
    public consuming func release() -> Int32 {
        let rawValue = rawValue
        discard self
        return rawValue
    }
}

extension Optional where Wrapped == OwnedDescriptor {
    /// The descriptor's number, if there is one; the optional keeps ownership. (`if let` would consume it.)
    public var number: Int32? {
        switch self {
        case .some(let descriptor): descriptor.rawValue
        case .none: nil
        }
    }
}
