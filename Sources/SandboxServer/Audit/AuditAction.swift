import HTTPTypes

/// The names that routes have in the audit log.
enum AuditAction {
    /// Routes without a name here are not noted; ``unaudited`` has all of them, and a test compares with the router.
    static let names: [String: String] = [
        "POST /api/execute": "exec",
        "POST /api/execute/stream": "exec.stream",
        "GET /api/commands": "exec.commands",
        "POST /api/session/create": "session.create",
        "GET /api/session/list": "session.list",
        "POST /api/session/delete": "session.delete",
        "POST /api/process/start": "process.start",
        "GET /api/process/list": "process.list",
        "DELETE /api/process/kill-all": "process.kill-all",
        "GET /api/process/{id}": "process.status",
        "DELETE /api/process/{id}": "process.kill",
        "GET /api/process/{id}/logs": "process.logs",
        "GET /api/process/{id}/stream": "process.stream",
        "POST /api/read": "file.read",
        "POST /api/read/stream": "file.read-stream",
        "POST /api/write": "file.write",
        "POST /api/delete": "file.delete",
        "POST /api/exists": "file.exists",
        "POST /api/rename": "file.rename",
        "POST /api/move": "file.move",
        "POST /api/mkdir": "file.mkdir",
        "POST /api/list-files": "file.list",
        "GET /api/files/raw": "file.download",
        "PUT /api/files/raw": "file.upload",
        "POST /api/watch": "file.watch",
        "POST /api/watch/check": "file.watch-check",
        "POST /api/expose-port": "port.expose",
        "DELETE /api/exposed-ports/{port}": "port.unexpose",
        "DELETE /api/unexpose-port": "port.unexpose",
        "GET /api/exposed-ports": "port.list",
        "POST /api/port-watch": "port.watch",
        "* /proxy/{port}": "port.proxy",
        "* /proxy/{port}/**": "port.proxy",
        "POST /api/git/checkout": "git.checkout",
        "POST /api/backup/create": "backup.create",
        "POST /api/backup/restore": "backup.restore",
        "POST /api/backup/upload-parts": "backup.upload",
        "POST /api/execute/code": "code.execute",
        "POST /api/contexts": "code.context-create",
        "GET /api/contexts": "code.context-list",
        "DELETE /api/contexts/{id}": "code.context-delete",
        "GET /ws": "socket.open",
        "GET /api/ws": "socket.open",
        "GET /ws/pty": "terminal.open",
    ]

    /// They change nothing and show nothing of the sandbox's.
    static let unaudited: Set = [
        "GET /", "GET /health", "GET /api/ping", "GET /api/version", "GET /api/interpreter/health", "GET /openapi.json",
    ]

    /// A request to Jupyter's port.
    static let jupyter = "jupyter.request"
    /// What a refusal is called whose route has no name.
    static let other = "other"
    /// A background process, or the command of a stream, is over.
    static let ended = "process.end"
    /// The first line of a server.
    static let started = "audit.started"
    /// The first line after some could not be written.
    static let resumed = "audit.resumed"

    /// The name of a route; nil if it is not noted.
    ///
    /// - Parameter template: Of the path, as the router has it.
    static func name(_ method: HTTPRequest.Method, _ template: String?) -> String? {
        guard let template else { return nil }
        // HEAD goes wherever GET does.
        let method = method == .head ? HTTPRequest.Method.get : method
        return names["\(method.rawValue) \(template)"] ?? names["* \(template)"]
    }
}
