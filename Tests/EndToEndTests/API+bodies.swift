import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import SandboxAPI

extension API {
    /// Posts JSON to a path.
    func post(_ path: String, json: String) async throws -> Answer {
        try await request(.POST, path, body: Array(json.utf8))
    }

    /// Posts JSON to a path that must answer with status 200.
    func success<Value: Decodable>(
        _ path: String,
        _ json: String,
        as type: Value.Type = Value.self
    ) async throws -> Value {
        let answer = try await post(path, json: json)
        guard answer.status == 200 else { throw UnexpectedAnswer(answer) }
        return try answer.decoded(type)
    }

    /// Follows a stream: `body` gets all that has come so far, each time more has come, until it says that it has enough.
    /// Then the reader leaves, whether or not the stream has ended.
    func follow(_ path: String, _ json: String, _ body: (String) async throws -> Bool) async throws {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = .POST
        request.headers.add(name: "connection", value: "close")
        request.body = .bytes(ByteBuffer(string: json))
        let response = try await API.client.execute(request, timeout: .seconds(240))
        var text = ""
        for try await piece in response.body {
            text += String(buffer: piece)
            if try await body(text) { return }
        }
    }

    /// The events of a stream that ends by itself.
    func events(_ path: String, _ json: String? = nil) async throws -> [StreamEvent] {
        let answer = try await request(json == nil ? .GET : .POST, path, body: json.map { Array($0.utf8) })
        guard answer.status == 200 else { throw UnexpectedAnswer(answer) }
        return try answer.text.split(separator: "\n").filter { $0.hasPrefix("data: ") }.map { line in
            try JSONDecoder().decode(StreamEvent.self, from: Data(line.dropFirst(6).utf8))
        }
    }
}
