import HelperProtocol
import SandboxAPI
import Testing

@testable import SandboxServer

/// Commands with credentials where the running mode does not protect them fully.
struct CredentialRefusalTests {
    @Test(arguments: [IsolationMode.none, .users])
    func `where the operator takes weaker protection, a command with credentials is marked`(
        mode: IsolationMode
    ) async throws {
        try await ServerFixture.with(mode: mode, acceptsUnprotected: true) { server async throws in
            #expect(try await server.run("true", env: ["KEY": "v"]).isolation == mode.name)
            #expect(try await server.run("true").isolation == nil)
        }
    }

    @Test(arguments: [IsolationMode.none, .users])
    func `where credentials are not fully protected, none are taken, and the error says what to do`(
        mode: IsolationMode
    ) async throws {
        try await ServerFixture.with(mode: mode) { server async throws in
            let env = ["KEY": SecretBytes(Array("v".utf8))]
            let requests = [
                ExecuteRequest(command: "true", env: env), ExecuteRequest(command: "true", namespace: .secure),
            ]
            for request in requests {
                let answer = try await server.execute(request)
                let error: ErrorBody = try answer.decoded()
                #expect(answer.status == 500 && error.code == "ISOLATION_UNAVAILABLE")
                #expect(error.suggestion?.contains("--accept-unprotected-credentials \(mode.name)") == true)
            }
            #expect(server.helper.spawned.isEmpty)
            #expect(try await server.run("true").exitCode == 0)
        }
    }
}
