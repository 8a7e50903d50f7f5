import AgentProtocol
import HelperProtocol
import Testing

@Suite struct FileRecordTests {
    private static let path = Array("/a/ä\n".utf8) + [0xFF]
    private static let entry = FileEntry(
        kind: .symbolicLink,
        mode: 0o7751,
        size: 1 << 40,
        modifiedSeconds: -2,
        modifiedNanoseconds: 999_999_999,
        name: path
    )
    private static let requests: [FileRequest] = [
        .read(path: path), .write(path: path), .stage(path: path), .replace(staged: [1], path: path),
        .remove(path: path), .rename(from: path, to: []), .makeDirectory(path: path, withParents: true),
        .status(path: path), .list(path: path, recursive: true, hidden: false), .resolve(path: path),
        .watch(path: path, recursive: false, skipping: [[1], [2, 3]]),
        .watch(path: path, recursive: true, skipping: []),
    ]
    private static let replies: [FileReply] =
        [
            .done(path: path), .opened(entry), .status(entry), .listed(count: 7, isComplete: false),
            .failed(errno: 13), .watching,
        ]
        + FileChange.Kind.allCases.map { .changed(FileChange(kind: $0, path: path, isDirectory: true)) }

    @Test(arguments: requests) func `a request comes out as it went in`(_ request: FileRequest) throws {
        #expect(try FileRequest(request.encoded()) == request)
    }

    @Test(arguments: replies) func `a reply comes out as it went in`(_ reply: FileReply) throws {
        #expect(try FileReply(reply.encoded()) == reply)
    }

    @Test func `a record that is cut off anywhere is refused or is another record, and never a trap`() {
        for bytes in Self.requests.map({ $0.encoded() }) + Self.replies.map({ $0.encoded() }) {
            for count in 0..<bytes.count {
                let part = Array(bytes[..<count])
                #expect((try? FileRequest(part)).map { $0.encoded() == part } ?? true)
                #expect((try? FileReply(part)).map { $0.encoded() == part } ?? true)
            }
        }
    }

    @Test func `unknown operations, unknown fields and reserved bytes are refused`() {
        #expect(throws: DecodingError.unknownOperation(99)) {
            try FileRequest([99, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0])
        }
        #expect(throws: DecodingError.missingField(1)) { try FileRequest([1, 0, 0, 0, 0, 0, 0, 0]) }
        #expect(throws: DecodingError.wrongLength) { try FileRequest([1, 0, 1, 0, 0, 0, 0, 0]) }
        #expect(throws: DecodingError.unknownField(9)) {
            try FileRequest([1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0])
        }
    }

    @Test func `entries follow one another, and a part of one waits for the rest`() {
        let bytes = Self.entry.encoded() + Self.entry.encoded()
        var slice = bytes.dropLast()
        #expect(FileEntry(next: &slice) == Self.entry)
        #expect(FileEntry(next: &slice) == nil && slice.count == bytes.count / 2 - 1)
    }
}
