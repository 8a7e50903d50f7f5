import HelperClient
import HelperProtocol
import Hummingbird
import Logging
import SandboxAPI

/// `GET /api/commands`: what can be run by name in the user namespace.
struct CommandRoutes: Sendable {
    let runner: CommandRunner
    let planner: ExecPlanner

    func add(to router: Router<SandboxContext>) {
        router.get("/api/commands") { _, context in
            let plan = try planner.plan(ExecuteRequest(command: "compgen -c | sort -u"), context.logger)
            do {
                let outcome = try await runner.runAlone(plan, until: context.connection.closed)
                guard case .finished(_, let output, _) = outcome else {
                    throw APIError(.commandExecutionError, "The list could not be made.", operation: "command.execute")
                }
                let names = OutputText.text(output.bytes).split(separator: "\n").map(String.init)
                return JSONResponse.make(CommandListAnswer(availableCommands: names))
            } catch let error as HelperClientError {
                throw APIError(error, hello: planner.hello)
            }
        }
    }
}
