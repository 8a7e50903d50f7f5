import AgentProtocol
import HTTPTypes
import Hummingbird
import NIOCore
import SandboxAPI

/// A file on its way to a caller, with constant memory: one piece at a time, the next when the last one has been taken.
struct FileTransfer: Sendable {
    let content: FileContent
    let name: ArraySlice<UInt8>

    /// Changes with every change of the file that its time or its size shows.
    var entityTag: String {
        let entry = content.entry
        let time = String(entry.modifiedSeconds, radix: 16) + "." + String(entry.modifiedNanoseconds, radix: 16)
        return "\"\(time)-\(String(entry.size, radix: 16))\""
    }

    private var lastModified: String { FileTime.http(content.entry.modifiedSeconds) }
    private var size: Int { Int(clamping: content.entry.size) }

    /// The answer to a request with these headers.
    /// - Throws: `RANGE_NOT_SATISFIABLE`.
    func response(_ request: HTTPFields) throws(APIError) -> Response {
        var headers: HTTPFields = [
            .contentType: content.type.name, .lastModified: lastModified, .eTag: entityTag, .acceptRanges: "bytes",
            .contentDisposition: disposition, .xContentTypeOptions: "nosniff", .cacheControl: "no-store",
        ]
        // Files of /proc say they are empty and are not: their length is known when they have been read.
        guard size > 0 else { return Response(status: .ok, headers: headers, body: unbounded) }
        switch ByteRange(mayUseRange(request) ? request[.range] : nil, size: size) {
        case .whole: return Response(status: .ok, headers: headers, body: body(0..<size))
        case .part(let range):
            headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"
            return Response(status: .partialContent, headers: headers, body: body(range))
        case .unsatisfiable:
            var error = APIError(
                .rangeNotSatisfiable,
                "The file has no such range.",
                context: ["size": .integer(size)],
                operation: "file.read"
            )
            error.headers[.contentRange] = "bytes */\(size)"
            throw error
        }
    }

    /// `If-Range` names the version of which the caller has a part; of another version it wants all.
    private func mayUseRange(_ request: HTTPFields) -> Bool {
        guard let condition = request[.ifRange] else { return true }
        return condition == entityTag || condition == lastModified
    }

    /// Never shown in place by a browser: it may be a page that somebody else wrote.
    private var disposition: String {
        let plain = name.map { byte in
            byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") ? byte : 0x5F
        }
        return "attachment; filename=\"\(String(decoding: plain, as: UTF8.self))\"; "
            + "filename*=UTF-8''\(PercentCoding.encode(name))"
    }

    private func body(_ range: Range<Int>) -> ResponseBody {
        ResponseBody(contentLength: range.count) { [file = content.file] writer in
            var offset = range.lowerBound
            while offset < range.upperBound {
                let count = min(OpenFile.pieceSize, range.upperBound - offset)
                let piece = try await FileThreads.read(file, at: offset, count: count)
                // It has become shorter: the promised length cannot be kept, and only a cut connection says so.
                guard piece.readableBytes > 0 else { throw FileFailure.unexpectedReply }
                offset += piece.readableBytes
                try await writer.write(piece)
            }
            try await writer.finish(nil)
        }
    }

    private var unbounded: ResponseBody {
        ResponseBody { [file = content.file] writer in
            var offset = 0
            while true {
                let piece = try await FileThreads.read(file, at: offset)
                guard piece.readableBytes > 0 else { break }
                offset += piece.readableBytes
                try await writer.write(piece)
            }
            try await writer.finish(nil)
        }
    }
}
