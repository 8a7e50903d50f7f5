import NIOHTTP1
public import SandboxAPI

extension SandboxClient {
    /// Makes a context. It lives until it is deleted; sessions do not matter to it.
    ///
    /// - Parameters:
    ///   - env: Variables of its code. With any, the context is a cell of its own, and gone with everything in it when it is
    ///     deleted.
    ///   - cwd: Absolute working directory; the workspace if nil.
    public func createCodeContext(
        _ language: CodeLanguage = .python,
        env: [String: SecretBytes] = [:],
        cwd: String? = nil
    ) async throws(SandboxClientError) -> CodeContext {
        var request = ContextCreateRequest(language: language.rawValue, cwd: cwd, variables: env)
        request.workspace = workspace
        let answer: ContextCreateResponse = try await transport.send(.POST, "/api/contexts", body: request)
        return CodeContext(
            id: answer.contextId,
            language: CodeLanguage(rawValue: answer.language),
            workingDirectory: answer.cwd
        )
    }

    /// All contexts there are.
    public func codeContexts() async throws(SandboxClientError) -> [CodeContext] {
        let answer: ContextListResponse = try await transport.send(.GET, "/api/contexts")
        return answer.contexts.map {
            CodeContext(id: $0.id, language: CodeLanguage(rawValue: $0.language), workingDirectory: $0.cwd)
        }
    }

    /// Ends a context: its kernel and everything started from it.
    public func deleteCodeContext(_ id: String) async throws(SandboxClientError) {
        let _: ContextDeleteResponse = try await transport.send(
            .DELETE,
            "/api/contexts/\(PercentEncoding.encode(id))"
        )
    }

    /// Whether code can be run now: `ready`, `starting`, `failing` or `off`.
    public func interpreterState() async throws(SandboxClientError) -> String {
        let answer: InterpreterHealthResponse = try await transport.send(.GET, "/api/interpreter/health")
        return answer.interpreter
    }

    /// Runs code and gives its outputs as they come, or all of them at its end:
    ///
    /// ```swift
    /// let sum = try await sandbox.runCode("40 + 2").result()
    /// print(sum.text ?? "")
    /// for try await event in try await sandbox.runCode(program) {
    ///     if case .output(let output) = event, let picture = output.png { show(picture) }
    /// }
    /// ```
    ///
    /// Cancelling the task, and leaving the loop before the last event, interrupts the code; its context lives on.
    ///
    /// - Parameters:
    ///   - context: The id of the context whose state is used and kept; its runs take turns. Without one the code has a kernel for just this call.
    ///   - language: Of a kernel for just this call; Python if nil.
    ///   - env: Variables of this run alone: it gets a kernel in a cell, with the context's language and directory and none of
    ///     its state.
    ///   - cwd: Absolute working directory of a kernel for just this call.
    ///   - timeout: When to interrupt the code, which then fails with `TimeoutError`; nil for the server's default.
    public func runCode(
        _ code: String,
        in context: String? = nil,
        language: CodeLanguage? = nil,
        env: [String: String] = [:],
        cwd: String? = nil,
        timeout: Duration? = nil
    ) async throws(SandboxClientError) -> EventSequence<CodeEvent> {
        try await runCode(
            code,
            in: context,
            language: language,
            secrets: env.asSecrets,
            cwd: cwd,
            timeout: timeout
        )
    }

    /// The same with values that are overwritten in memory when nobody needs them any more.
    public func runCode(
        _ code: String,
        in context: String? = nil,
        language: CodeLanguage? = nil,
        secrets: [String: SecretBytes],
        cwd: String? = nil,
        timeout: Duration? = nil
    ) async throws(SandboxClientError) -> EventSequence<CodeEvent> {
        var body = ExecuteCodeRequest(
            code: code,
            contextID: context,
            language: language?.rawValue,
            cwd: cwd,
            timeoutMs: timeout.map(\.wholeMilliseconds),
            variables: secrets
        )
        body.workspace = workspace
        let request = try Transport.request(.POST, "/api/execute/code", body)
        return EventSequence(try await transport.events(request), CodeEvent.step)
    }
}
