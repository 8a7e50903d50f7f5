import NIOCore
import NIOPosix

/// Threads for what blocks in file operations: event loops and Swift's own threads must not. Made with the first use,
/// so that a server that touches no file has none; kept for ever, like NIO's own.
enum FileThreads {
    /// One for each agent that may be asked at once: nobody who has an agent waits for a thread.
    static let agents = pool(FileAgentPool.limit)
    /// For reading and writing what the agents opened.
    static let files = pool(4)

    private static func pool(_ count: Int) -> NIOThreadPool {
        let pool = NIOThreadPool(numberOfThreads: count)
        pool.start()
        return pool
    }

    /// Reads from an open file.
    static func read(_ file: OpenFile, at offset: Int, count: Int = OpenFile.pieceSize) async throws -> ByteBuffer {
        try await files.runIfActive { try file.read(at: offset, count: count) }
    }

    /// Appends to an open file.
    static func write(_ buffer: ByteBuffer, to file: OpenFile) async throws {
        try await files.runIfActive { try file.write(buffer) }
    }
}
