import HelperTransport
import NIOCore
import NIOPosix

/// The server's end of one output pipe, being read.
struct OutputPipe: Sendable {
    private let collector: NIOLoopBound<OutputCollector>
    private let eventLoop: any EventLoop

    /// Starts reading.
    init(
        reading descriptor: consuming OwnedDescriptor,
        limit: Int,
        budget: DrainBudget,
        on group: any EventLoopGroup
    )
        async throws
    {
        let rawValue = descriptor.release()
        do {
            (collector, eventLoop) = try await NIOPipeBootstrap(group: group)
                .takingOwnershipOfDescriptor(input: rawValue) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let collector = OutputCollector(
                            limit: limit,
                            descriptor: rawValue,
                            budget: budget,
                            eventLoop: channel.eventLoop
                        )
                        try channel.pipeline.syncOperations.addHandler(collector)
                        return (NIOLoopBound(collector, eventLoop: channel.eventLoop), channel.eventLoop)
                    }
                }
        } catch {
            _ = OwnedDescriptor(adopting: rawValue)
            throw error
        }
    }

    /// Waits for the output of a process that is over.
    func output() async throws -> OutputRule.Output {
        let collector = collector
        return try await eventLoop.flatSubmit { collector.value.processEnded() }.get()
    }

    /// Goes on reading, but keeps nothing.
    func abandon() {
        let collector = collector
        eventLoop.execute { collector.value.abandon() }
    }
}
