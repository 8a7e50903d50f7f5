import Glibc
import SandboxClient

/// A local file, piece by piece, for an upload. Read once.
struct FilePieces: AsyncSequence, Sendable {
    typealias Element = [UInt8]

    let path: String

    func makeAsyncIterator() -> Iterator { Iterator(path: path) }

    struct Iterator: AsyncIteratorProtocol {
        private final class Descriptor {
            let number: Int32
            init(_ number: Int32) { self.number = number }
            deinit { close(number) }
        }

        private let path: String
        private var file: Descriptor?

        fileprivate init(path: String) {
            self.path = path
        }

        mutating func next() async throws -> [UInt8]? {
            if file == nil {
                let number = open(path, O_RDONLY | O_CLOEXEC)
                guard number >= 0 else { throw Self.failure(path, errno) }
                file = Descriptor(number)
            }
            guard let file else { return nil }
            var buffer = [UInt8](repeating: 0, count: LocalFile.pieceBytes)
            let count = read(file.number, &buffer, buffer.count)
            guard count >= 0 else { throw Self.failure(path, errno) }
            guard count > 0 else { return nil }
            return Array(buffer[..<count])
        }

        /// In the form that an upload passes on; any other would be taken for one of the connection.
        private static func failure(_ path: String, _ code: Int32) -> SandboxClientError {
            .local("\(path): \(String(cString: strerror(code))).")
        }
    }
}
