/// Where the watch of a port learns about processes.
protocol ProcessExits: Sendable {
    /// How the process ended: the code a shell would show, or nil while it runs.
    /// - Throws: If there is no such process.
    func exitCode(of id: String) async throws -> Int?
}
