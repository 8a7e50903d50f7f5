import HelperTransport
import NIOCore
import NIOPosix

/// The server's end of one output pipe, feeding a log.
struct FeedingPipe: Sendable {
    private let feed: NIOLoopBound<OutputFeed>
    private let eventLoop: any EventLoop

    /// Starts reading.
    init(
        reading descriptor: consuming OwnedDescriptor,
        into log: ProcessLog,
        _ stream: ProcessLog.Stream,
        budget: DrainBudget,
        on group: any EventLoopGroup
    )
        async throws
    {
        let rawValue = descriptor.release()
        do {
            (feed, eventLoop) = try await NIOPipeBootstrap(group: group)
                .channelOption(.autoRead, value: false)
                .takingOwnershipOfDescriptor(input: rawValue) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let feed = OutputFeed(
                            log,
                            stream,
                            descriptor: rawValue,
                            budget: budget,
                            eventLoop: channel.eventLoop
                        )
                        try channel.pipeline.syncOperations.addHandler(feed)
                        return (NIOLoopBound(feed, eventLoop: channel.eventLoop), channel.eventLoop)
                    }
                }
        } catch {
            _ = OwnedDescriptor(adopting: rawValue)
            throw error
        }
    }

    /// Waits until everything that the process wrote, which is over, is in the log.
    func finish() async {
        let feed = feed
        try? await eventLoop.flatSubmit { feed.value.processEnded() }.get()
    }
}
