/// Gives up waiting when the time is over.
enum Deadline {
    /// - Throws: ``SandboxClientError/timeout``, and what `body` throws.
    static func within<Value: Sendable>(
        _ timeout: Duration?,
        _ body: @escaping @Sendable () async throws(SandboxClientError) -> Value
    ) async throws(SandboxClientError) -> Value {
        guard let timeout else { return try await body() }
        let result = await withTaskGroup(of: Result<Value, SandboxClientError>.self) { group in
            group.addTask {
                do throws(SandboxClientError) { return .success(try await body()) } catch { return .failure(error) }
            }
            group.addTask {
                do {
                    try await Task.sleep(for: timeout)
                    return .failure(.timeout)
                } catch {
                    return .failure(.cancelled)
                }
            }
            defer { group.cancelAll() }
            return await group.next() ?? .failure(.cancelled)
        }
        return try result.get()
    }
}
