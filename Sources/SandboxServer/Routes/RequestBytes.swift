import FoundationEssentials
import Glibc
import HTTPTypes
import Hummingbird
import NIOCore
import SandboxAPI

/// Collects a request's body, and leaves nothing of it behind where it came from.
enum RequestBytes {
    /// The whole body, in memory that the caller overwrites.
    static func collect(_ request: Request, limit: Int) async throws(APIError) -> Data {
        let announced = request.headers[.contentLength].flatMap { Int($0) }
        if let announced, announced > limit { throw tooLarge(limit) }
        var data = Data()
        // In one block from the beginning, if the caller is right about its size.
        data.reserveCapacity(max(announced ?? 0, 0))
        do {
            for try await piece in request.body {
                guard data.count + piece.readableBytes <= limit else { throw tooLarge(limit) }
                data.append(contentsOf: piece.readableBytesView)
                piece.overwriteInPlace()
            }
        } catch let error as APIError {
            throw error
        } catch {
            // Broken chunks, or a caller that went away: nothing of the body is known to be whole.
            throw APIError(.validationFailed, "The request's body did not arrive whole.")
        }
        return data
    }

    private static func tooLarge(_ limit: Int) -> APIError {
        APIError(.requestTooLarge, "The request's body must have at most \(limit) bytes.")
    }
}

extension ByteBuffer {
    /// Overwrites the readable bytes where they lie, although others may refer to the same memory.
    ///
    /// A piece of a body is a part of the block that the connection reads into, which the connection keeps for its next
    /// read; changing the piece the usual way would change a copy. These bytes belong to this piece alone: the HTTP
    /// decoder never looks back at what it has handed out.
    fileprivate func overwriteInPlace() {
        withUnsafeReadableBytes { bytes in
            if let start = bytes.baseAddress { explicit_bzero(UnsafeMutableRawPointer(mutating: start), bytes.count) }
        }
    }
}
