import FoundationEssentials
import Glibc
import NIOHTTP1
import SandboxAPI

@testable import SandboxServer

/// A server and a directory of its own inside the workspace, which is `/tmp`.
struct FilePlaceFixture: Sendable {
    let server: ServerFixture
    /// Absolute, without a slash at the end.
    let directory: String

    static func with(_ body: (FilePlaceFixture) async throws -> Void) async throws {
        var template = Array("/tmp/sandbox-files-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw FileFailure.failed(errno: errno) }
        let directory = String(cString: made)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await ServerFixture.with { server async throws in
            try await body(FilePlaceFixture(server: server, directory: directory))
        }
    }

    func path(_ name: String) -> String { directory + "/" + name }

    /// Posts fields, and adds the directory to paths that are not absolute.
    func post(_ route: String, _ fields: [String: JSONValue]) async throws -> ServerFixture.Answer {
        var fields = fields
        for name in ["path", "oldPath", "newPath", "sourcePath", "destinationPath"] {
            if case .string(let text)? = fields[name], !text.isEmpty, !text.hasPrefix("/") {
                fields[name] = .string(path(text))
            }
        }
        let body = String(decoding: try JSONEncoder().encode(fields), as: UTF8.self)
        return try await server.send(.POST, route, body)
    }

    /// The status and code of an error.
    func failure(_ route: String, _ fields: [String: JSONValue]) async throws -> String {
        let answer = try await post(route, fields)
        return "\(answer.status) \((try? answer.decoded(ErrorBody.self).code) ?? answer.text)"
    }

    /// The data lines of a stream of events.
    func events<Event: Decodable>(_ answer: ServerFixture.Answer) throws -> [Event] {
        try answer.text.split(separator: "\n").filter { $0.hasPrefix("data: ") }.map { line in
            try JSONDecoder().decode(Event.self, from: Data(line.dropFirst(6).utf8))
        }
    }

    func put(_ bytes: some Sequence<UInt8>, _ name: String) throws {
        let bytes = Array(bytes)
        let file = open(path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        defer { close(file) }
        guard file >= 0, write(file, bytes, bytes.count) == bytes.count else { throw FileFailure.failed(errno: errno) }
    }

    func put(_ text: String, _ name: String) throws { try put(text.utf8, name) }

    /// What a file holds; nil if it is not there.
    func get(_ name: String) -> [UInt8]? {
        (try? Data(contentsOf: URL(filePath: path(name)))).map(Array.init)
    }

    func text(_ name: String) -> String? { get(name).map { String(decoding: $0, as: UTF8.self) } }

    /// Names in the directory, sorted.
    var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted() }
}
