import FoundationEssentials
import NIOHTTP1
import SandboxAPI

/// One answer of the HTTP API.
struct Answer: Sendable {
    var status: Int
    var headers: HTTPHeaders
    var body: [UInt8]

    /// The body as text.
    var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as JSON.
    func decoded<Value: Decodable>(_ type: Value.Type) throws -> Value {
        do { return try JSONDecoder().decode(type, from: Data(body)) } catch { throw UnexpectedAnswer(self) }
    }

    /// The body of an answer that is an error.
    var failure: ErrorBody {
        get throws { try decoded(ErrorBody.self) }
    }
}

/// An answer of another kind than the test needs.
struct UnexpectedAnswer: Error, CustomStringConvertible {
    let description: String

    init(_ answer: Answer) {
        description = "HTTP \(answer.status): \(answer.text.prefix(500))"
    }
}

/// A command that should have succeeded.
struct FailedCommand: Error, CustomStringConvertible {
    var exitCode: Int
    var text: String

    var description: String { "exit code \(exitCode): \(text.prefix(500))" }
}
