import SandboxAPI
import SandboxTestSupport

/// Lets a test meet a command half way: two named pipes in the workspace, which every namespace can open.
///
/// The waiting is done by commands in `user`, so that nothing in the test blocks and nothing polls.
struct Rendezvous {
    private let pair: Pair
    private let name: String

    /// What a command does to say that it has come so far, and to wait until it may go on.
    var meet: String { "echo > \(ready); read line < \(go)" }

    private var ready: String { "\(pair.workspace)/\(name).ready" }
    private var go: String { "\(pair.workspace)/\(name).go" }

    init(_ pair: Pair, _ name: String) async throws {
        self.pair = pair
        self.name = name
        _ = try await pair.api.output("mkfifo -m 666 \(ready) \(go)")
    }

    /// Waits until the command has come so far.
    func arrived() async throws {
        _ = try await pair.api.output("read line < \(ready)")
    }

    /// Lets the command go on.
    func release() async throws {
        _ = try await pair.api.output("echo > \(go)")
    }
}
