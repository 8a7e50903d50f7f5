import SandboxAPI

/// What the server itself limits, for `/health`.
enum ServerLimits {
    static func rows(_ configuration: ServerConfiguration) -> [HealthResponse.Limit] {
        let limits = [
            ("connections", configuration.maximumConnections),
            ("loopbackConnections", configuration.maximumLoopbackConnections),
            ("refusedConnections", configuration.maximumRefusedConnections),
            ("headerTimeoutMs", configuration.headerTimeoutMilliseconds),
            ("idleTimeoutMs", configuration.idleTimeoutMilliseconds),
            ("bodyTimeoutMs", configuration.bodyTimeoutMilliseconds),
            ("bodyBytes", configuration.bodyLimitBytes), ("outputBytes", configuration.outputLimitBytes),
            ("processLogBytes", configuration.processLogBytes), ("sessions", configuration.maximumSessions),
        ]
        return limits.map { name, value in
            HealthResponse.Limit(name: name, namespace: "control", value: value, source: "server")
        }
    }
}
