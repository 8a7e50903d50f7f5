import HelperTransport
import NIOCore

/// The server's end of one output pipe, being read.
struct OutputPipe: Sendable {
    private let reader: NIOLoopBound<OutputReader>
    private let eventLoop: any EventLoop

    /// Starts reading.
    init(
        reading descriptor: consuming OwnedDescriptor,
        into sink: any OutputSink,
        budget: DrainBudget,
        on group: any EventLoopGroup
    )
        async throws
    {
        let number = descriptor.rawValue
        (reader, eventLoop) = try await DescriptorChannel.open(input: descriptor, on: group) { channel in
            let eventLoop = channel.eventLoop
            let reader = OutputReader(sink, descriptor: number, budget: budget, eventLoop: eventLoop)
            try channel.syncOptions?.setOption(.autoRead, value: false)
            try channel.pipeline.syncOperations.addHandler(reader)
            return (NIOLoopBound(reader, eventLoop: eventLoop), eventLoop)
        }
    }

    /// Waits until everything that the process wrote, which is over, is in the sink.
    func finish() async {
        let reader = reader
        try? await eventLoop.flatSubmit { reader.value.processEnded() }.get()
    }

    /// Goes on reading, but hands nothing on.
    func abandon() {
        let reader = reader
        eventLoop.execute { reader.value.abandon() }
    }
}
