import SandboxAPI

/// One watch: looks at a port at intervals until it answers, or the process that should open it has ended.
///
/// This is the one thing that is polled: nothing tells when somebody begins to listen.
struct PortWatch: Sendable {
    private enum Mode {
        case tcp
        case http(path: String, statuses: ClosedRange<Int>)
    }

    private static let intervals = 100...10_000

    private let port: Int
    private let mode: Mode
    private let processId: String?
    private let interval: Duration

    /// - Throws: ``APIError`` that names the field.
    init(_ request: PortWatchRequest, rules: PortRules) throws(APIError) {
        try rules.check(request.port)
        port = request.port
        let path = request.path ?? "/"
        guard path.hasPrefix("/"), path.utf8.count <= 4096, path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .invalid("path", "must begin with / and be a part of a URL")
        }
        let (low, high) = (request.statusMin ?? 200, request.statusMax ?? 399)
        guard (100...599).contains(low), (low...599).contains(high) else {
            throw .invalid("statusMin", "and statusMax must be from 100 to 599, in this order")
        }
        switch request.mode {
        case "tcp": mode = .tcp
        case "http":
            mode = .http(path: path, statuses: low...high)
        default: throw .invalid("mode", "must be http or tcp")
        }
        if let id = request.processId {
            guard !id.isEmpty, id.utf8.count <= 256 else { throw .invalid("processId", "must have 1 to 256 bytes") }
        }
        processId = request.processId
        let milliseconds = request.interval ?? 500
        interval = .milliseconds(min(max(milliseconds, Self.intervals.lowerBound), Self.intervals.upperBound))
    }

    /// Sends the events; returns after the last.
    func run(_ probe: PortProbe, _ processes: any ProcessExits, _ events: EventWriter) async throws {
        try await events.send(PortWatchEvent(type: "watching", port: port))
        while true {
            if let processId {
                let exitCode: Int?
                do {
                    exitCode = try await processes.exitCode(of: processId)
                } catch {
                    return try await events.send(PortWatchEvent(type: "error", port: port, error: "Process not found"))
                }
                if let exitCode {
                    return try await events.send(PortWatchEvent(type: "process_exited", port: port, exitCode: exitCode))
                }
            }
            if let event = await look(probe) { return try await events.send(event) }
            try await Task.sleep(for: interval)
        }
    }

    private func look(_ probe: PortProbe) async -> PortWatchEvent? {
        switch mode {
        case .tcp:
            guard await probe.connect(port) == .connected else { return nil }
            return PortWatchEvent(type: "ready", port: port)
        case .http(let path, let statuses):
            guard case .answered(let status) = await probe.get(port, path: path), statuses.contains(status) else {
                return nil
            }
            return PortWatchEvent(type: "ready", port: port, statusCode: status)
        }
    }
}
