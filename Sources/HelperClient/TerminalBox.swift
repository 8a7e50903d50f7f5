import HelperTransport
import Synchronization

/// Carries a terminal's master through places that need copyable values; whoever takes it owns it.
final class TerminalBox: Sendable {
    private let descriptor: Mutex<OwnedDescriptor?>

    /// A box, unless there is nothing to put into it.
    init?(_ descriptor: consuming OwnedDescriptor?) {
        guard let descriptor else { return nil }
        self.descriptor = Mutex(descriptor)
    }

    func take() -> OwnedDescriptor? {
        descriptor.withLock { $0.take() }
    }
}
