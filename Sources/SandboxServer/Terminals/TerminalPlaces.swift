import HelperClient
import HelperProtocol
import Logging
import NIOCore
import SandboxAPI

/// Finds the places of terminals: where the session of the same name is now, with what it has exported. A session that
/// has credentials gives its terminal a cell of its own and the variables that it was made with.
struct TerminalPlaces: Sendable {
    let sessions: SessionTable
    let runner: CommandRunner
    let planner: ExecPlanner
    let logger: Logger

    func place(_ sessionID: String) async throws -> TerminalPlace {
        guard let session = await sessions.existing(sessionID) else {
            return TerminalPlace(directory: planner.hello.workspace, namespace: .user, variables: [])
        }
        guard session.namespace == .user else {
            return TerminalPlace(
                directory: planner.hello.workspace,
                namespace: .secure,
                variables: session.settings.variables
            )
        }
        let plan = try planner.plan(ExecuteRequest(command: "env -0"), logger)
        // A busy session must not keep its terminal closed: then the terminal does without what was exported later.
        let patience = OneShot<Void>()
        // Ends with this call.
        let timer = Task {
            try await Task.sleep(for: .seconds(2))
            patience.set(())
        }
        defer { timer.cancel() }
        let outcome = try await runner.run(plan, in: session, until: patience)
        guard case .finished(0, let output, _) = outcome else {
            return TerminalPlace(
                directory: session.startDirectory(or: planner.hello.workspace),
                namespace: .user,
                variables: session.settings.variables
            )
        }
        return TerminalPlace(
            directory: session.startDirectory(or: planner.hello.workspace),
            namespace: .user,
            variables: Self.variables(Array(output.bytes.readableBytesView))
        )
    }

    /// `NAME=value` texts that end with NULs; exported functions, whose names are none of ours, are left out.
    static func variables(_ bytes: [UInt8]) -> [(name: String, value: SecretBytes)] {
        bytes.split(separator: 0).compactMap { entry in
            let parts = entry.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, VariableName.isValid(parts[0]), !["_", "SHLVL", "PWD"].contains(parts[0]) else {
                return nil
            }
            return (name: String(decoding: parts[0], as: UTF8.self), value: SecretBytes(Array(parts[1])))
        }
    }
}

extension [String] {
    fileprivate func contains(_ bytes: some Sequence<UInt8>) -> Bool { contains { $0.utf8.elementsEqual(bytes) } }
}
