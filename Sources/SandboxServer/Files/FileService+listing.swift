import AgentProtocol
import FoundationEssentials
import Hummingbird
import NIOCore
import SandboxAPI

extension FileService {
    /// The entries of a directory as the body of a ``ListFilesResponse``, made piece by piece: a large listing is never
    /// whole in memory.
    /// - Throws: NOT_DIRECTORY also for a link to a directory.
    func list(_ path: FilePath, recursive: Bool, hidden: Bool) async throws -> ResponseBody {
        let request = FileRequest.list(path: path.bytes, recursive: recursive, hidden: hidden)
        let answer = try await ask(request, path, "directory.list")
        guard case .listed(let count, let isComplete) = answer.reply, let file = answer.file else {
            throw APIError(.unexpectedReply, path, operation: "directory.list", hello: hello)
        }
        let ending = try Self.ending(path, Int(count), isTruncated: !isComplete)
        return ResponseBody { writer in
            var listing = ListingReader(path)
            var offset = 0
            try await writer.write(ByteBuffer(string: "{\"files\":["))
            while true {
                let piece = try await FileThreads.read(file, at: offset)
                guard piece.readableBytes > 0 else { break }
                offset += piece.readableBytes
                let text = try listing.add(piece.readableBytesView)
                if text.readableBytes > 0 { try await writer.write(text) }
            }
            try await writer.write(ending)
            try await writer.finish(nil)
        }
    }

    /// The rest of the answer: that of an answer without entries, without its opening brace and its empty list.
    private static func ending(_ path: FilePath, _ count: Int, isTruncated: Bool) throws -> ByteBuffer {
        var answer = ListFilesResponse(path: path.text, files: [], count: count)
        answer.truncated = isTruncated ? true : nil
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let empty = "\"files\":[],"
        let text = String(decoding: try encoder.encode(answer), as: UTF8.self)
        let parts = text.dropFirst().split(separator: empty, maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw APIError(.internalError, "The listing cannot be shown.") }
        return ByteBuffer(string: "]," + parts[0] + parts[1])
    }
}
