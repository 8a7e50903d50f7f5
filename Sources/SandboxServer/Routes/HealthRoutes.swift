import HelperProtocol
import Hummingbird
import SandboxAPI

/// `GET /health`.
struct HealthRoutes: Sendable {
    let pulse: HelperPulse
    let hello: HelloReply
    /// The server's own.
    let limits: [HealthResponse.Limit]

    func add(to router: Router<SandboxContext>) {
        router.get("/health") { _, _ in
            let report = HealthReport.make(hello, status: await pulse.status(), limits: limits)
            return JSONResponse.make(report, status: report.status == "healthy" ? .ok : .serviceUnavailable)
        }
    }
}
