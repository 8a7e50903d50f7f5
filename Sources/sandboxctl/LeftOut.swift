import Synchronization

/// What a copy could not take with it, each named as it is met, so that the rest still is copied.
final class LeftOut: Sendable {
    private let count = Mutex(0)

    /// Tells of one, with its name and the reason.
    func add(_ text: String) {
        count.withLock { $0 += 1 }
        Output.error("sandboxctl: left out: \(Printable.text(text))")
    }

    /// Fails if there is any.
    func check() throws(SandboxctlError) {
        let count = count.withLock { $0 }
        guard count > 0 else { return }
        throw SandboxctlError("Everything was copied but what is named above: \(count) left out.")
    }
}
