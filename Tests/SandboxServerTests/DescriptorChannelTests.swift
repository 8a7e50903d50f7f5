import Glibc
import HelperClient
import HelperTransport
import NIOCore
import NIOPosix
import Testing

@testable import SandboxServer

/// Who closes a descriptor that NIO does not take.
@Suite(.timeLimit(.minutes(1)), .serialized)
struct DescriptorChannelTests {
    private func isRefused(
        _ input: consuming OwnedDescriptor,
        _ output: consuming OwnedDescriptor? = nil,
        _ initialize: @escaping @Sendable (any Channel) throws -> Void = { _ in }
    ) async -> Bool {
        let group = NIOSingletons.posixEventLoopGroup
        do {
            try await DescriptorChannel.open(input: input, output: output, on: group, initialize)
            return false
        } catch {
            return true
        }
    }

    /// NIO closes a channel that cannot be set up, and its descriptor with it.
    @Test func `the descriptor of a channel that cannot be set up is closed once`() async throws {
        for _ in 0..<200 {
            var pipe = try Pipe(.output)
            let end = pipe.takeReadEnd()
            let number = end.rawValue
            let successor = OneShot<Int32>()
            let isRefused = await isRefused(end) { channel in
                // Takes the number as soon as it is free, as any other thread might.
                channel.closeFuture.whenComplete { _ in
                    successor.set(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, number))
                }
                throw CancellationError()
            }
            let taken = try await successor.wait()
            #expect(isRefused && fcntl(taken, F_GETFD) >= 0)
            close(taken)
        }
    }

    /// A file is refused before there is a channel.
    @Test func `a descriptor that is no pipe is closed`() async throws {
        let number = open("/proc/self/exe", O_RDONLY | O_CLOEXEC)
        try #require(number >= 0)
        let file = OwnedDescriptor(adopting: number)
        var pipe = try Pipe(.output)
        let other = pipe.takeWriteEnd()
        let numbers = [file.rawValue, other.rawValue]
        let identities = numbers.map(identity)
        let isRefused = await isRefused(file, other)
        // Another test may have been given the numbers by now, for something else.
        #expect(isRefused && zip(numbers, identities).allSatisfy { identity($0) != $1 })
    }

    private func identity(_ number: Int32) -> [UInt64] {
        var status = stat()
        return fstat(number, &status) == 0 ? [UInt64(status.st_dev), UInt64(status.st_ino)] : []
    }
}
