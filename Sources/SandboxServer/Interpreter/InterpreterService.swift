import FoundationEssentials
import HTTPTypes
import HelperProtocol
import Logging
import NIOCore
import NIOHTTP1
import SandboxAPI

/// Contexts and the code that runs in them. Jupyter has them, and they live as long as it does: a server that is started
/// again finds them where they were.
struct InterpreterService: Sendable {
    /// What Jupyter is asked for. Times in milliseconds.
    private struct Order: Encodable {
        var language: String
        var directory: String?
        var limit: Int
        var payload: String?
        var context: String?
        var code: String?
        var timeout: Int?
        var grace: Int?
        var outputLimit: Int?
    }

    private struct About: Decodable {
        var languages: [String]
        var arguments: [String]
    }

    private struct Row: Decodable {
        var id: String
        var language: String
        var cwd: String
    }

    private struct Rows: Decodable {
        var contexts: [Row]
    }

    /// Answers that are no streams are small.
    private static let answerBytes = 4 * 1024 * 1024

    let connector: JupyterConnector
    let planner: ExecPlanner
    let eventLoopGroup: any EventLoopGroup

    func create(_ request: ContextCreateRequest, _ logger: Logger) async throws -> ContextCreateResponse {
        let language = try language(request.language)
        let unprotected = try check(request.variables, request.cwd, logger)
        var order = Order(language: language, directory: request.cwd, limit: planner.configuration.maximumContexts)
        let credentials = try await handover(request.variables)
        // Offered until the answer is there.
        defer { withExtendedLifetime(credentials) {} }
        order.payload = credentials?.name
        let row: Row = try await ask(.POST, "/sandbox/contexts", order, language: language)
        return ContextCreateResponse(
            contextId: row.id,
            language: row.language,
            cwd: row.cwd,
            isolation: unprotected?.name
        )
    }

    func list() async throws -> [ContextListResponse.Row] {
        let rows: Rows = try await ask(.GET, "/sandbox/contexts", nil)
        return rows.contexts.map { ContextListResponse.Row(id: $0.id, language: $0.language, cwd: $0.cwd) }
    }

    func delete(_ id: String) async throws {
        guard Self.isContextID(id) else { throw InterpreterProblem.noContext(id) }
        let _: [String: JSONValue] = try await ask(.DELETE, "/sandbox/contexts/\(id)", nil, context: id)
    }

    /// Begins a run; the answer is one event a line. Whoever closes the connection interrupts it.
    func run(_ request: ExecuteCodeRequest, _ logger: Logger) async throws -> CodeRun {
        guard request.contextID == nil || request.cwd == nil else {
            throw APIError.invalid("cwd", "belongs to the context, which has one")
        }
        if let id = request.contextID, !Self.isContextID(id) { throw InterpreterProblem.noContext(id) }
        _ = try check(request.variables, request.cwd, logger)
        if let timeout = request.timeoutMs, !(0...Int(Int32.max)).contains(timeout) {
            throw APIError.invalid("timeout_ms", "must be from 0 to \(Int32.max)")
        }
        let language = try language(request.language)
        // Clients may name both, and then mean the same.
        if let id = request.contextID, request.language != nil {
            guard let context = try await list().first(where: { $0.id == id }) else {
                throw InterpreterProblem.noContext(id)
            }
            guard context.language == language else {
                throw APIError.invalid("language", "is not the context's, which is \(context.language)")
            }
        }
        let own = request.timeoutMs ?? 0
        var order = Order(
            language: language,
            directory: request.cwd,
            limit: planner.configuration.maximumContexts,
            context: request.contextID,
            code: request.code,
            timeout: own > 0 ? own : planner.configuration.commandTimeoutMilliseconds,
            grace: planner.configuration.graceMilliseconds,
            outputLimit: planner.configuration.outputLimitBytes
        )
        let credentials = try await handover(request.variables)
        order.payload = credentials?.name
        let upstream = try await begin(.POST, "/sandbox/run", try JSONEncoder().encode(order))
        do {
            let head = try await upstream.head.get()
            guard head.status == .ok else {
                throw try await problem(upstream, language: language, context: request.contextID)
            }
            return CodeRun(upstream: upstream, credentials: credentials)
        } catch {
            upstream.close()
            throw error
        }
    }

    private func language(_ name: String?) throws(APIError) -> String {
        let name = name ?? "python"
        guard InterpreterProblem.languages.contains(name) else {
            throw .invalid("language", "must be python, javascript, typescript or bash")
        }
        return name
    }

    /// The rules of commands, for what kernels have in common with them. Returns the running mode, if it does not protect
    /// the variables fully.
    private func check(
        _ variables: [String: SecretBytes],
        _ directory: String?,
        _ logger: Logger
    ) throws(APIError) -> IsolationMode? {
        if let directory, let problem = PathRules.problem(directory) { throw .invalid("cwd", problem) }
        try ExecPlan.checkVariables(variables, planner.configuration, field: "env_vars")
        let names = variables.keys.sorted()
        AuditNote.add { facts in
            facts.namespace = names.isEmpty ? .user : .secure
            facts.variables = names
        }
        return try planner.checkCode(variables: names, logger)
    }

    /// What hands the variables to the kernel; nil if there are none.
    private func handover(_ variables: [String: SecretBytes]) async throws -> CredentialHandover? {
        guard !variables.isEmpty, let address = connector.address else { return nil }
        let about: About = try await ask(.GET, "/sandbox/interpreter", nil)
        do {
            return try CredentialHandover(variables, arguments: about.arguments, path: address.payloadPath)
        } catch {
            throw APIError(.codeExecutionError, "The variables could not be handed over.")
        }
    }

    private func ask<Value: Decodable>(
        _ method: HTTPMethod,
        _ path: String,
        _ order: Order?,
        language: String = "",
        context: String? = nil
    ) async throws -> Value {
        let upstream = try await begin(method, path, try order.map { try JSONEncoder().encode($0) })
        defer { upstream.close() }
        do {
            guard try await upstream.head.get().status == .ok else {
                throw try await problem(upstream, language: language, context: context)
            }
            return try JSONDecoder().decode(Value.self, from: try await Self.collect(upstream))
        } catch let error as APIError {
            throw error
        } catch {
            throw APIError(.serviceNotResponding, "The code interpreter broke off.")
        }
    }

    private func begin(_ method: HTTPMethod, _ path: String, _ body: Data?) async throws -> Upstream {
        guard let address = connector.address else { throw connector.absent }
        let upstream = try await connector.connect(on: eventLoopGroup.next())
        var head = HTTPRequestHead(version: .http1_1, method: method, uri: path)
        head.headers = [
            "Host": "localhost", "Authorization": address.authorization, "Connection": "close",
            "Content-Length": "\(body?.count ?? 0)", "Content-Type": "application/json",
        ]
        upstream.begin(head, isWhole: body == nil)
        if let body {
            upstream.channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: body))), promise: nil)
            upstream.channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
        }
        return upstream
    }

    private func problem(_ upstream: Upstream, language: String, context: String?) async throws -> APIError {
        let body = try await Self.collect(upstream)
        guard let problem = try? JSONDecoder().decode(InterpreterProblem.self, from: body) else {
            return APIError(.internalError, "The code interpreter failed to answer; the container's log says more.")
        }
        return problem.error(language: language, context: context, hello: planner.hello)
    }

    private static func collect(_ upstream: Upstream) async throws -> Data {
        var data = Data()
        for try await piece in upstream.body {
            data.append(contentsOf: piece.readableBytesView)
            guard data.count <= answerBytes else { throw LineBuffer.TooLong() }
        }
        return data
    }

    /// The form of Jupyter's ids: 32 hexadecimal digits in five groups.
    private static func isContextID(_ id: String) -> Bool {
        id.utf8.count == 36
            && id.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) || $0 == 0x2D }
    }
}
