import NIOCore

/// Opens a gate as soon as the consumer of a sequence wants more, or nothing more at all.
struct ReadDemand: NIOAsyncSequenceProducerDelegate {
    private let gate: NIOLoopBound<ReadGate>
    private let eventLoop: any EventLoop
    private let onEnd: @Sendable () -> Void

    /// Must be made on the event loop.
    init(_ gate: ReadGate, _ eventLoop: any EventLoop, onEnd: @escaping @Sendable () -> Void = {}) {
        self.gate = NIOLoopBound(gate, eventLoop: eventLoop)
        self.eventLoop = eventLoop
        self.onEnd = onEnd
    }

    func produceMore() {
        let gate = gate
        eventLoop.execute { gate.value.open() }
    }

    func didTerminate() {
        produceMore()
        onEnd()
    }
}
