import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import SandboxAPI

/// Files of any size, byte for byte, in pieces.
extension SandboxClient {
    /// Stores bytes as a file. It is there when all of them have arrived; an upload that breaks off changes nothing.
    ///
    /// - Parameters:
    ///   - pieces: The content; read as fast as the server takes it.
    ///   - size: Bytes of all pieces together, if known; a different sum is an error.
    ///   - progress: Called with the number of bytes handed over so far.
    public func upload<Pieces: AsyncSequence & Sendable>(
        _ pieces: Pieces,
        to path: String,
        size: Int? = nil,
        progress: @escaping @Sendable (_ bytes: Int) -> Void = { _ in }
    ) async throws(SandboxClientError) where Pieces.Element == [UInt8] {
        var request = Transport.Request(.PUT, rawPath(path))
        request.contentType = "application/octet-stream"
        let body = UploadBody(pieces: pieces, progress: progress)
        request.body = .stream(body, length: size.map { .known(Int64($0)) } ?? .unknown)
        let answer: UploadFileResponse = try transport.decode(
            try await transport.collect(try await transport.response(to: request))
        )
        if let size, answer.size != size { throw .unexpectedAnswer(status: 200) }
    }

    /// Stores bytes as a file.
    public func upload(_ bytes: [UInt8], to path: String) async throws(SandboxClientError) {
        var request = Transport.Request(.PUT, rawPath(path))
        request.contentType = "application/octet-stream"
        request.body = .bytes(ByteBuffer(bytes: bytes))
        let _: UploadFileResponse = try transport.decode(
            try await transport.collect(try await transport.response(to: request))
        )
    }

    /// Begins to read a file.
    ///
    /// - Parameter range: The bytes that are wanted; all of them if nil.
    public func download(
        _ path: String,
        range: ClosedRange<Int>? = nil
    ) async throws(SandboxClientError) -> FileDownload {
        var request = Transport.Request(.GET, rawPath(path))
        if let range { request.headers.append((name: "range", value: "bytes=\(range.lowerBound)-\(range.upperBound)")) }
        let response = try await transport.response(to: request)
        // Without it the answer comes in chunks, which tell their end themselves.
        let size = response.headers.first(name: "content-length").flatMap { Int($0) }
        return FileDownload(size: size, body: response.body)
    }

    private func rawPath(_ path: String) -> String {
        let session = fileSessionID.map { "&sessionId=\(PercentEncoding.encode($0))" } ?? ""
        return "/api/files/raw?path=\(PercentEncoding.encode(path))\(session)"
    }
}

/// Pieces on their way into a request.
private struct UploadBody<Pieces: AsyncSequence & Sendable>: AsyncSequence, Sendable where Pieces.Element == [UInt8] {
    let pieces: Pieces
    let progress: @Sendable (Int) -> Void

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(pieces: pieces.makeAsyncIterator(), progress: progress) }

    struct AsyncIterator: AsyncIteratorProtocol {
        var pieces: Pieces.AsyncIterator
        let progress: @Sendable (Int) -> Void
        var sent = 0

        mutating func next() async throws -> ByteBuffer? {
            guard let piece = try await pieces.next() else { return nil }
            sent += piece.count
            progress(sent)
            return ByteBuffer(bytes: piece)
        }
    }
}
