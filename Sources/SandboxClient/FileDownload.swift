import AsyncHTTPClient
import NIOCore

/// A file on its way from the sandbox, piece by piece. It can be gone through once. Leaving the loop ends the transfer.
public struct FileDownload: AsyncSequence, Sendable {
    /// A piece of the content.
    public typealias Element = [UInt8]
    /// What reading throws.
    public typealias Failure = SandboxClientError

    /// Bytes that will come; nil where the server does not know it before, as for files of /proc and empty ones.
    public let size: Int?
    private let body: HTTPClientResponse.Body

    init(size: Int?, body: HTTPClientResponse.Body) {
        self.size = size
        self.body = body
    }

    /// All of it at once.
    public func bytes() async throws(SandboxClientError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size ?? 0)
        for try await piece in self { bytes += piece }
        return bytes
    }

    /// Begins to read.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(pieces: body.makeAsyncIterator(), left: size)
    }

    /// Reads one piece after the other.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private var pieces: HTTPClientResponse.Body.AsyncIterator
        private var left: Int?

        fileprivate init(pieces: HTTPClientResponse.Body.AsyncIterator, left: Int?) {
            self.pieces = pieces
            self.left = left
        }

        /// The next bytes; nil when all have come.
        public mutating func next() async throws(SandboxClientError) -> [UInt8]? {
            do {
                guard let piece = try await pieces.next() else {
                    guard (left ?? 0) == 0 else { throw SandboxClientError.unreachable("the file broke off") }
                    return nil
                }
                left = left.map { $0 - piece.readableBytes }
                return Array(piece.readableBytesView)
            } catch {
                throw SandboxClientError(transport: error)
            }
        }
    }
}
