import NIOCore

/// Opens a gate as soon as the consumer of a sequence wants more, or nothing more at all.
struct ReadDemand: NIOAsyncSequenceProducerDelegate {
    private let gate: NIOLoopBound<ReadGate>
    private let eventLoop: any EventLoop

    /// Must be made on the event loop.
    init(_ gate: ReadGate, _ eventLoop: any EventLoop) {
        self.gate = NIOLoopBound(gate, eventLoop: eventLoop)
        self.eventLoop = eventLoop
    }

    func produceMore() {
        let gate = gate
        eventLoop.execute { gate.value.open() }
    }

    func didTerminate() {
        produceMore()
    }
}
