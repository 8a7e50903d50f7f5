import FoundationEssentials
import NIOHTTP1
import SandboxAPI

extension API {
    /// Waits until code can be run. Jupyter tells nobody when it is ready; a caller is told when to ask again.
    func untilInterpreterIsReady() async throws {
        for _ in 0..<120 {
            let answer = try await request(.GET, "/api/contexts")
            guard answer.status == 503, let seconds = answer.headers.first(name: "retry-after").flatMap({ Int($0) })
            else {
                guard answer.status == 200 else { throw UnexpectedAnswer(answer) }
                return
            }
            try await Task.sleep(for: .seconds(seconds))
        }
        throw UnexpectedAnswer(try await request(.GET, "/api/contexts"))
    }

    /// The id of a new context.
    func context(
        _ language: String = "python",
        cwd: String? = nil,
        variables: [String: String] = [:]
    ) async throws -> String {
        let request = ContextCreateRequest(
            language: language,
            cwd: cwd,
            variables: variables.mapValues { SecretBytes(Array($0.utf8)) }
        )
        let answer = try await self.request(.POST, "/api/contexts", body: Array(JSONEncoder().encode(request)))
        guard answer.status == 200 else { throw UnexpectedAnswer(answer) }
        return try answer.decoded(ContextCreateResponse.self).contextId
    }

    /// Posts code; the answer may be an error.
    func attemptCode(
        _ code: String,
        in context: String? = nil,
        language: String? = nil,
        timeoutMs: Int? = nil,
        variables: [String: String] = [:]
    ) async throws -> Answer {
        let request = ExecuteCodeRequest(
            code: code,
            contextID: context,
            language: language,
            timeoutMs: timeoutMs,
            variables: variables.mapValues { SecretBytes(Array($0.utf8)) }
        )
        return try await self.request(.POST, "/api/execute/code", body: Array(JSONEncoder().encode(request)))
    }

    /// The events of code that runs.
    func code(
        _ code: String,
        in context: String? = nil,
        language: String? = nil,
        timeoutMs: Int? = nil,
        variables: [String: String] = [:]
    ) async throws -> [CodeEvent] {
        let answer = try await attemptCode(
            code,
            in: context,
            language: language,
            timeoutMs: timeoutMs,
            variables: variables
        )
        guard answer.status == 200 else { throw UnexpectedAnswer(answer) }
        return try answer.text.split(separator: "\n").filter { $0.hasPrefix("data: ") }.map { line in
            try JSONDecoder().decode(CodeEvent.self, from: Data(line.dropFirst(6).utf8))
        }
    }

    /// The text of the last value, or of everything that was written if there is none.
    func value(_ code: String, in context: String? = nil, language: String? = nil) async throws -> String? {
        let events = try await self.code(code, in: context, language: language)
        let written = events.filter { $0.type == "stdout" }.compactMap(\.text).joined()
        return events.last { $0.type == "result" }?.text ?? (written.isEmpty ? nil : written)
    }
}
