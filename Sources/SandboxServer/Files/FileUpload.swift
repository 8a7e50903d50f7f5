import AgentProtocol
import HTTPTypes
import Hummingbird
import NIOCore
import SandboxAPI

/// A file on its way from a caller: it is written beside the one it is to replace, which stays as it is until the last
/// byte has come.
struct FileUpload: Sendable {
    private static let operation = "file.write"

    let files: FileService
    let path: FilePath

    /// Takes the body of a request; returns how many bytes it had.
    func receive(_ request: Request) async throws -> Int {
        let answer = try await files.ask(.stage(path: path.bytes), path, Self.operation)
        guard case .done(let staged) = answer.reply, let file = answer.file else {
            throw APIError(.unexpectedReply, path, operation: Self.operation, hello: files.hello)
        }
        do {
            let size = try await write(request, to: file)
            _ = try await files.ask(.replace(staged: staged, path: path.bytes), path, Self.operation)
            return size
        } catch {
            await remove(staged)
            throw error
        }
    }

    private func write(_ request: Request, to file: OpenFile) async throws -> Int {
        var size = 0
        var pending = ByteBuffer()
        func flush() async throws {
            guard pending.readableBytes > 0 else { return }
            let piece = pending
            try await files.reporting(path, Self.operation) { try await FileThreads.write(piece, to: file) }
            size += piece.readableBytes
            pending.clear()
        }
        var pieces = request.body.makeAsyncIterator()
        while var piece = try await next(&pieces) {
            pending.writeBuffer(&piece)
            if pending.readableBytes >= OpenFile.pieceSize { try await flush() }
        }
        try await flush()
        // The end of a connection may look like the end of a body.
        if let length = request.headers[.contentLength], Int(length) != size { throw Self.broken }
        return size
    }

    private func next(_ pieces: inout RequestBody.AsyncIterator) async throws -> ByteBuffer? {
        do {
            return try await pieces.next()
        } catch {
            throw Self.broken
        }
    }

    private static var broken: APIError {
        APIError(.validationFailed, "The request's body did not arrive whole.", operation: operation)
    }

    private func remove(_ staged: [UInt8]) async {
        // A task of its own: it must be done also where the upload's task has been cancelled.
        let removal = Task { try? await files.pool.ask(.remove(path: staged)) }
        _ = await removal.value
    }
}
