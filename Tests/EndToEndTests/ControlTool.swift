import Glibc
import SandboxTestSupport

/// sandboxctl, used from a shell of this host that speaks to one pair.
struct ControlTool {
    let pair: Pair

    /// Runs a script of bash to its end, in an empty directory of its own. `$WORKSPACE` is the pair's workspace.
    func shell(_ script: String) async throws -> (end: ChildProcess.End, output: String, errors: String) {
        try await ChildProcess.run(try arguments(script), environment: try environment())
    }

    /// Starts such a script.
    func start(_ script: String) throws -> ChildProcess {
        try ChildProcess(try arguments(script), environment: try environment())
    }

    private func arguments(_ script: String) throws -> [String] {
        let entry = "d=$(mktemp -d) || exit 99; trap 'rm -rf \"$d\"' EXIT; cd \"$d\"\n"
        return ["bash", "-c", entry + script]
    }

    private func environment() throws -> [String: String] {
        var environment = ChildProcess.environment
        environment["PATH"] = try TestPrograms.directory(holding: "sandboxctl") + ":" + (environment["PATH"] ?? "")
        environment["SANDBOX_URL"] = "http://127.0.0.1:\(pair.apiPort)"
        environment["WORKSPACE"] = pair.workspace
        environment["HOME"] = "/tmp"
        return environment
    }
}
