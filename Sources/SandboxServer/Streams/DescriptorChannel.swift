import HelperTransport
import NIOCore
import NIOPosix
import Synchronization

/// Hands descriptors to NIO, which closes them with the channel.
///
/// NIOPipeBootstrap says that after a failure the descriptors are the caller's. That holds until there is a channel: when
/// the channel cannot be set up, the bootstrap closes it, and the descriptors with it. Closing them again would take away
/// what another thread has been given under the same number in the meantime.
enum DescriptorChannel {
    /// A channel that reads from `input` and writes to `output`, one of which may be missing.
    ///
    /// - Parameters:
    ///   - input, output: Different numbers.
    ///   - initialize: Adds the handlers and sets the options, on the event loop.
    static func open<Value: Sendable>(
        input: consuming OwnedDescriptor? = nil,
        output: consuming OwnedDescriptor? = nil,
        on group: any EventLoopGroup,
        _ initialize: @escaping @Sendable (any Channel) throws -> Value
    ) async throws -> Value {
        let inputNumber = input.take()?.release()
        let outputNumber = output.take()?.release()
        let hasChannel = Mutex(false)
        // Options are the initializer's work: from its first line on the channel owns the descriptors.
        let bootstrap = NIOPipeBootstrap(group: group)
        @Sendable func take(_ channel: any Channel) -> EventLoopFuture<Value> {
            hasChannel.withLock { $0 = true }
            return channel.eventLoop.makeCompletedFuture { try initialize(channel) }
        }
        do {
            switch (inputNumber, outputNumber) {
            case (let input?, let output?):
                return try await bootstrap.takingOwnershipOfDescriptors(
                    input: input,
                    output: output,
                    channelInitializer: take
                )
            case (let input?, nil):
                return try await bootstrap.takingOwnershipOfDescriptor(input: input, channelInitializer: take)
            case (nil, let output?):
                return try await bootstrap.takingOwnershipOfDescriptor(output: output, channelInitializer: take)
            case (nil, nil): preconditionFailure("a channel needs a descriptor")
            }
        } catch {
            if !hasChannel.withLock({ $0 }) {
                for number in [inputNumber, outputNumber] {
                    if let number { _ = OwnedDescriptor(adopting: number) }
                }
            }
            throw error
        }
    }
}
