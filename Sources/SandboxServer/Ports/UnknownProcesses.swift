import SandboxAPI

/// Knows no process.
struct UnknownProcesses: ProcessExits {
    func exitCode(of id: String) async throws -> Int? {
        throw APIError(.validationFailed, "There is no such process.")
    }
}
