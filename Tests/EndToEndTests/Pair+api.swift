import SandboxTestSupport

extension Pair {
    /// The pair's HTTP API, for a caller that is no part of the sandbox.
    var api: API { API(port: apiPort) }
}
