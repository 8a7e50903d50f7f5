import Glibc

/// Standard input as it comes, read on a thread of its own: read(2) from a terminal blocks.
enum KeyboardInput {
    private final class Box: Sendable {
        let continuation: AsyncStream<[UInt8]>.Continuation

        init(_ continuation: AsyncStream<[UInt8]>.Continuation) {
            self.continuation = continuation
        }
    }

    /// Ends with the input. The thread ends with the program.
    static func bytes() -> AsyncStream<[UInt8]> {
        let (stream, continuation) = AsyncStream<[UInt8]>.makeStream()
        var thread = pthread_t()
        pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument else { return nil }
                let box = Unmanaged<Box>.fromOpaque(argument).takeRetainedValue()
                var buffer = [UInt8](repeating: 0, count: 4096)
                while true {
                    let count = read(STDIN_FILENO, &buffer, buffer.count)
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else { break }
                    box.continuation.yield(Array(buffer[..<count]))
                }
                box.continuation.finish()
                return nil
            },
            Unmanaged.passRetained(Box(continuation)).toOpaque()
        )
        return stream
    }
}
