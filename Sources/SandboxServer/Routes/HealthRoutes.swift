import HelperProtocol
import Hummingbird
import SandboxAPI

/// `GET /health`.
struct HealthRoutes: Sendable {
    let pulse: HelperPulse
    let hello: HelloReply
    let audit: AuditLog?
    /// The server's own.
    let limits: [HealthResponse.Limit]

    func add(to router: Router<SandboxContext>) {
        router.get("/health") { _, _ in
            var report = HealthReport.make(hello, status: await pulse.status(), limits: limits)
            if let audit, !audit.isReady() {
                report.status = "unavailable"
                report.warning = HealthReport.auditWarning
            }
            return JSONResponse.make(report, status: report.status == "healthy" ? .ok : .serviceUnavailable)
        }
    }
}
