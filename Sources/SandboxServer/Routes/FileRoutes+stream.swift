import AgentProtocol
import Hummingbird
import NIOCore
import SandboxAPI

extension FileRoutes {
    /// Bytes of one chunk: a multiple of 3, so that pieces of base64 can be put together as they are.
    private static let chunkSize = 65_535

    /// Status 200 whatever happens to the file: what goes wrong is an event.
    func readStream(_ body: FilePathRequest, _ context: SandboxContext) async throws -> Response {
        EventStream.response(context) { events in
            do {
                let path = try await files.path(body.path, session: body.sessionId)
                let content = try await files.open(path)
                try await events.send(
                    FileStreamEvent.metadata(
                        mimeType: content.type.name,
                        size: Int(clamping: content.entry.size),
                        isBinary: !content.type.isText
                    )
                )
                let count = try await files.reporting(path, "file.read") {
                    try await send(content, to: events)
                }
                try await events.send(FileStreamEvent.complete(bytesRead: count))
            } catch let error as APIError {
                try await events.send(FileStreamEvent.error(error.body.message))
            }
        }
    }

    private func send(_ content: FileContent, to events: EventWriter) async throws -> Int {
        var offset = 0
        var text = TextPieces()
        while true {
            let piece = try await FileThreads.read(content.file, at: offset, count: Self.chunkSize)
            guard piece.readableBytes > 0 else { break }
            offset += piece.readableBytes
            let bytes = piece.readableBytesView
            let data = content.type.isText ? text.add(bytes) : Base64.encode(bytes)
            // A piece may hold nothing but the beginning of a character.
            if !data.isEmpty { try await events.send(FileStreamEvent.chunk(data)) }
        }
        let rest = text.finish()
        if !rest.isEmpty { try await events.send(FileStreamEvent.chunk(rest)) }
        return offset
    }
}
