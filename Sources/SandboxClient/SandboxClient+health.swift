import AsyncHTTPClient
import FoundationEssentials
import NIOHTTP1
public import SandboxAPI

extension SandboxClient {
    /// What is running and which guarantees hold; also when the server says that it cannot run commands.
    public func health() async throws(SandboxClientError) -> HealthResponse {
        let response = try await transport.once(Transport.Request(.GET, "/health"))
        let data = try await transport.collect(response)
        if let health = try? JSONDecoder().decode(HealthResponse.self, from: data) { return health }
        if let error = try? JSONDecoder().decode(ErrorBody.self, from: data) { throw .server(error) }
        throw .unexpectedAnswer(status: Int(response.status.code))
    }

    /// The names of commands that can be run.
    public func commands() async throws(SandboxClientError) -> [String] {
        let answer: CommandListAnswer = try await transport.send(.GET, "/api/commands")
        return answer.availableCommands
    }
}
