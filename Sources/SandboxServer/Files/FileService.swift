import AgentProtocol
import HelperProtocol
import NIOCore
import SandboxAPI

/// Does what the file routes ask for, through the agents. Every error is an ``APIError`` that names the path.
struct FileService: Sendable {
    /// Largest file that is read into one answer, in bytes.
    static let readLimit = 33_554_432

    let pool: FileAgentPool
    let hello: HelloReply
    /// The directory of a session (nil for the default one), which relative paths are resolved against.
    let directory: @Sendable (_ sessionId: String?) async throws -> String

    /// Judges a path of a request.
    func path(_ text: String, field: String = "path", session: String?) async throws -> FilePath {
        try FilePath(text, field: field, in: try await directory(session))
    }

    /// Opens a regular file and finds out what it holds.
    func open(_ path: FilePath, operation: String = "file.read") async throws -> FileContent {
        let answer = try await ask(.read(path: path.bytes), path, operation)
        guard case .opened(let entry) = answer.reply, let file = answer.file else {
            throw APIError(.unexpectedReply, path, operation: operation, hello: hello)
        }
        return try await reporting(path, operation) {
            let beginning = try await FileThreads.read(file, at: 0, count: MediaType.sniffedBytes)
            let type = MediaType.of(path.name, beginning: beginning.readableBytesView)
            return FileContent(file: file, entry: entry, type: type)
        }
    }

    /// Reads a whole file: to its end, whatever its size is said to be, because files of /proc say 0.
    /// - Throws: FILE_TOO_LARGE beyond ``readLimit``, FILE_NOT_FOUND for a directory.
    func read(_ path: FilePath) async throws -> (FileContent, ByteBuffer) {
        let content: FileContent
        do {
            content = try await open(path)
        } catch let error as APIError where error.body.code == ErrorCode.isDirectory.rawValue {
            throw APIError(file: .fileNotFound, "File not found", path, "file.read")
        }
        guard content.entry.size <= Self.readLimit else { throw tooLarge(path, Int(clamping: content.entry.size)) }
        var bytes = ByteBuffer()
        while true {
            let offset = bytes.readableBytes
            var piece = try await reporting(path, "file.read") { try await FileThreads.read(content.file, at: offset) }
            guard piece.readableBytes > 0 else { return (content, bytes) }
            guard offset + piece.readableBytes <= Self.readLimit else {
                throw tooLarge(path, offset + piece.readableBytes)
            }
            bytes.writeBuffer(&piece)
        }
    }

    private func tooLarge(_ path: FilePath, _ size: Int) -> APIError {
        var error = APIError(file: .fileTooLarge, "The file is too large to be read at once", path, "file.read")
        error.body.context["maxSize"] = .integer(Self.readLimit)
        error.body.context["actualSize"] = .integer(size)
        error.body.suggestion = "Use /api/read/stream or /api/files/raw."
        return error
    }

    /// Puts the bytes into a file, made if missing, emptied first if not.
    func write(_ bytes: ByteBuffer, to path: FilePath) async throws {
        let answer = try await ask(.write(path: path.bytes), path, "file.write")
        guard let file = answer.file else {
            throw APIError(.unexpectedReply, path, operation: "file.write", hello: hello)
        }
        try await reporting(path, "file.write") { try await FileThreads.write(bytes, to: file) }
    }

    /// Removes what is no directory.
    func delete(_ path: FilePath) async throws {
        do {
            _ = try await ask(.remove(path: path.bytes), path, "file.delete")
        } catch var error as APIError where error.body.code == ErrorCode.isDirectory.rawValue {
            error.body.suggestion = "Directories are removed with exec('rm -rf <path>')."
            throw error
        }
    }

    /// Gives a file or directory another name, as mv(1) does.
    func move(_ from: FilePath, _ to: FilePath, operation: String) async throws {
        _ = try await ask(.rename(from: from.bytes, to: to.bytes), from, operation)
    }

    /// Makes a directory.
    func makeDirectory(_ path: FilePath, withParents: Bool) async throws {
        _ = try await ask(.makeDirectory(path: path.bytes, withParents: withParents), path, "directory.create")
    }

    /// Whether the user sees something there, links followed: as `test -e`, any failure of the lookup is a no.
    func exists(_ path: FilePath) async throws -> Bool {
        do {
            _ = try await pool.ask(.status(path: path.bytes))
            return true
        } catch FileFailure.failed {
            return false
        } catch let failure as FileFailure {
            throw APIError(failure, path, operation: "file.stat", hello: hello)
        }
    }

    /// Asks an agent, and turns a failure into an error of the API.
    func ask(_ request: FileRequest, _ path: FilePath, _ operation: String) async throws -> FileAnswer {
        try await reporting(path, operation) { try await pool.ask(request) }
    }

    /// Turns the failures of a step into errors of the API.
    func reporting<Value: Sendable>(
        _ path: FilePath,
        _ operation: String,
        _ step: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await step()
        } catch let failure as FileFailure {
            throw APIError(failure, path, operation: operation, hello: hello)
        }
    }
}
