import NIOCore

/// Holds back a channel's reads while the consumer of what was read is behind. Lives on the channel's event loop, inside
/// a handler that asks it before passing a read on.
final class ReadGate {
    private var context: ChannelHandlerContext?
    private(set) var isHeld = false
    private var isDue = false

    /// Must be called by the handler when it is added.
    func attach(_ context: ChannelHandlerContext) {
        self.context = context
    }

    /// Must be called by the handler when it is removed.
    func detach() {
        context = nil
    }

    /// Passes a read on, or keeps it in mind.
    func read(_ context: ChannelHandlerContext) {
        if isHeld { isDue = true } else { context.read() }
    }

    /// Nothing more is read until ``open()``.
    func hold() {
        isHeld = true
    }

    /// Makes up for the read that was held back.
    func open() {
        isHeld = false
        guard isDue else { return }
        isDue = false
        context?.read()
    }
}
