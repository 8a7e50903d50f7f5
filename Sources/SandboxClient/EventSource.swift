import AsyncHTTPClient
import FoundationEssentials
import NIOCore

/// Takes the data of server-sent events out of an answer's body (HTML Standard, 9.2.6). Read once.
struct EventSource: Sendable {
    /// Bytes of the largest event.
    private static let limit = 64 * 1024 * 1024

    private let body: HTTPClientResponse.Body

    init(_ body: HTTPClientResponse.Body) {
        self.body = body
    }

    func makeReader() -> Reader { Reader(body.makeAsyncIterator()) }

    struct Reader {
        private var pieces: HTTPClientResponse.Body.AsyncIterator
        private var buffer = ByteBuffer()
        /// How many of the readable bytes are known to hold no line end.
        private var searched = 0
        private var data: [UInt8] = []

        fileprivate init(_ pieces: HTTPClientResponse.Body.AsyncIterator) {
            self.pieces = pieces
        }

        /// The next event's data; nil when the answer is over.
        mutating func next() async throws(SandboxClientError) -> Data? {
            while true {
                while let line = takeLine() {
                    if line.isEmpty {
                        guard !data.isEmpty else { continue }
                        defer { data = [] }
                        return Data(data)
                    }
                    // Comments, names and ids carry nothing here.
                    guard line.starts(with: "data:".utf8) else { continue }
                    if !data.isEmpty { data.append(UInt8(ascii: "\n")) }
                    data += line.dropFirst(line.starts(with: "data: ".utf8) ? 6 : 5)
                }
                guard buffer.readableBytes + data.count <= EventSource.limit else {
                    throw .streamBroken("An event is too large.")
                }
                do {
                    guard var piece = try await pieces.next() else { return nil }
                    buffer.discardReadBytes()
                    buffer.writeBuffer(&piece)
                } catch {
                    throw SandboxClientError(transport: error)
                }
            }
        }

        private mutating func takeLine() -> [UInt8]? {
            let view = buffer.readableBytesView
            guard let end = view.dropFirst(searched).firstIndex(of: UInt8(ascii: "\n")) else {
                searched = view.count
                return nil
            }
            searched = 0
            let count = end - view.startIndex
            var line = buffer.readBytes(length: count) ?? []
            buffer.moveReaderIndex(forwardBy: 1)
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            return line
        }
    }
}
