import Hummingbird
import NIOCore
import SandboxAPI

/// Exposing ports and waiting for them.
struct PortRoutes: Sendable {
    /// Time to find out whether something listens on an exposed port.
    private static let glance = Duration.seconds(1)

    let rules: PortRules
    let registry: PortRegistry
    let probe: PortProbe
    let processes: any ProcessExits
    let bodyLimit: Int

    func add(to router: Router<SandboxContext>) {
        router.post("/api/expose-port") { request, _ in
            let body = try await RequestDecoding.decode(ExposePortRequest.self, from: request, limit: bodyLimit)
            try rules.check(body.port)
            if let name = body.name, name.utf8.count > 256 {
                throw APIError.invalid("name", "must have at most 256 bytes")
            }
            let entry = try registry.expose(body.port, name: body.name)
            return JSONResponse.make(ExposePortResponse(exposed: entry.port, name: entry.name, at: entry.exposedAt))
        }
        router.delete("/api/exposed-ports/{port}") { _, context in
            try unexpose(rules.port(context.parameters.get("port")))
        }
        router.delete("/api/unexpose-port") { request, _ in
            let body = try await RequestDecoding.decode(ExposePortRequest.self, from: request, limit: bodyLimit)
            try rules.check(body.port)
            return try unexpose(body.port)
        }
        router.get("/api/exposed-ports") { _, _ in
            JSONResponse.make(ExposedPortsResponse(ports: await list()))
        }
        router.post("/api/port-watch") { request, context in
            let body = try await RequestDecoding.decode(PortWatchRequest.self, from: request, limit: bodyLimit)
            let watch = try PortWatch(body, rules: rules)
            return EventStream.response(context) { events in try await watch.run(probe, processes, events) }
        }
    }

    private func unexpose(_ port: Int) throws(APIError) -> Response {
        try registry.unexpose(port)
        return JSONResponse.make(ExposePortResponse(unexposed: port))
    }

    private func list() async -> [ExposedPort] {
        let entries = registry.entries
        return await withTaskGroup(of: (Int, PortProbe.Outcome).self) { group in
            for entry in entries {
                group.addTask { (entry.port, await probe.connect(entry.port, within: Self.glance)) }
            }
            var active: Set<Int> = []
            for await (port, outcome) in group where outcome == .connected { active.insert(port) }
            return entries.map { entry in
                ExposedPort(
                    port: entry.port,
                    status: active.contains(entry.port) ? "active" : "inactive",
                    name: entry.name,
                    exposedAt: entry.exposedAt
                )
            }
        }
    }
}
