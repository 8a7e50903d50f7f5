import FoundationEssentials
import Glibc
import SandboxTestSupport

/// The catalogue of attacks, read and carried out by the program that operators run: `scripts/attack`.
enum AttackCatalogue {
    /// The tree that this test was built from.
    static let tree = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

    /// Every row, in order.
    static var rows: [AttackRow] {
        get async throws {
            let output = try await run(["--list", "--json"]).output
            return try output.split(separator: "\n").map {
                try JSONDecoder().decode(AttackRow.self, from: Data($0.utf8))
            }
        }
    }

    /// Runs the program.
    static func run(
        _ arguments: [String]
    ) async throws
        -> (end: ChildProcess.End, output: String, errors: String)
    {
        try await ChildProcess.run([tree + "/scripts/attack"] + arguments)
    }

    /// Carries out rows against a pair, as somebody outside with root's view of the helper's socket.
    static func attack(_ pair: Pair, only ids: [String], secret: String) async throws -> [AttackOutcome] {
        let result = try await run(
            [
                "http://127.0.0.1:\(pair.apiPort)", "--jupyter-port", "\(pair.jupyterPort)", "--helper-socket",
                pair.socketPath, "--secret-path", secret, "--json", "--only",
            ] + ids
        )
        guard result.end != .exited(2) || result.output.contains("verdict") else {
            throw TestFailure("the attacks were not carried out: \(result.errors)\(pair.helper.errors.text)")
        }
        return try result.output.split(separator: "\n").filter { $0.contains("\"verdict\"") }.map {
            try JSONDecoder().decode(AttackOutcome.self, from: Data($0.utf8))
        }
    }
}
