import HelperClient
import HelperProtocol
import Hummingbird
import Logging
import SandboxAPI

/// `POST /api/git/checkout`.
struct GitRoutes: Sendable {
    /// Until a clone is ended if the request does not say.
    private static let timeoutMilliseconds = 600_000

    let checkout: GitCheckout

    func add(to router: Router<SandboxContext>) {
        router.post("/api/git/checkout") { request, context in
            let body = try await RequestDecoding.decode(
                GitCheckoutRequest.self,
                from: request,
                limit: checkout.planner.configuration.bodyLimitBytes
            )
            let session = try SessionReference.id(body.sessionId, request)
            let order = try await order(body, session == SessionTable.sessionless ? nil : session)
            do {
                let branch = try await checkout.run(order, context.logger, until: context.connection.closed)
                return JSONResponse.make(
                    GitCheckoutAnswer(repoUrl: order.url.address, branch: branch, targetDir: order.target)
                )
            } catch let error as HelperClientError {
                throw APIError(error, hello: checkout.planner.hello)
            }
        }
    }

    private func order(_ body: GitCheckoutRequest, _ sessionID: String?) async throws -> GitCheckout.Order {
        // Ignored, it would let a caller believe in a protection that is not there.
        if let workspace = body.workspace, workspace != .readWrite {
            throw APIError.invalid("workspace", "must be rw: the clone goes to the workspace")
        }
        let url = try GitURL(body.repoUrl)
        let branch = body.branch.flatMap { $0.isEmpty ? nil : $0 }
        if let branch {
            guard branch.utf8.count <= 256, !branch.hasPrefix("-"),
                !branch.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F })
            else { throw APIError.invalid("branch", "must be the name of a branch or tag") }
        }
        if let depth = body.depth, !(1...Int(Int32.max)).contains(depth) {
            throw APIError.invalid("depth", "must be from 1 to \(Int32.max)")
        }
        if let timeout = body.timeoutMs, !(1...Int(Int32.max)).contains(timeout) {
            throw APIError.invalid("timeoutMs", "must be from 1 to \(Int32.max)")
        }
        return GitCheckout.Order(
            url: url,
            branch: branch,
            depth: body.depth,
            target: try await target(body, url, sessionID),
            timeoutMilliseconds: body.timeoutMs ?? Self.timeoutMilliseconds,
            sessionID: sessionID
        )
    }

    private func target(_ body: GitCheckoutRequest, _ url: GitURL, _ sessionID: String?) async throws -> String {
        let workspace = checkout.planner.hello.workspace
        guard let target = body.targetDir else {
            guard let name = url.repositoryName else {
                throw APIError.invalid("targetDir", "is needed: the address does not say the repository's name")
            }
            return "\(workspace)/\(name)"
        }
        guard (1...2048).contains(target.utf8.count) else {
            throw APIError.invalid("targetDir", "must have 1 to 2048 bytes")
        }
        var path = target
        if !target.hasPrefix("/"), !target.isEmpty {
            var directory: String?
            if let sessionID { directory = await checkout.sessions.existing(sessionID)?.directory }
            path = "\(directory ?? workspace)/\(target)"
        }
        if let problem = PathRules.problem(path) { throw APIError.invalid("targetDir", problem) }
        return path
    }
}
