import HelperClient
import HelperProtocol
import Hummingbird
import SandboxAPI

/// `GET /health`.
struct HealthRoutes: Sendable {
    let helper: HelperClient
    let hello: HelloReply
    let audit: AuditLog?

    func add(to router: Router<SandboxContext>) {
        router.get("/health") { _, _ in
            let status = try? await helper.status()
            var report = HealthReport.make(hello, status: status)
            if let audit, !audit.isReady() {
                report.status = "unavailable"
                report.warning = HealthReport.auditWarning
            }
            return JSONResponse.make(report, status: report.status == "healthy" ? .ok : .serviceUnavailable)
        }
    }
}
