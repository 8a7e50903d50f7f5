import HelperProtocol
import Hummingbird
import NIOCore
import SandboxAPI

/// `GET /health`.
struct HealthRoutes: Sendable {
    let pulse: HelperPulse
    let hello: HelloReply
    let audit: AuditLog?
    /// The server's own.
    let limits: [HealthResponse.Limit]
    /// Whether an access token is required.
    let hasToken: Bool
    let connector: JupyterConnector
    let eventLoopGroup: any EventLoopGroup

    func add(to router: Router<SandboxContext>) {
        router.get("/health") { _, _ in
            let interpreter = await connector.state(on: eventLoopGroup.next())
            var report = HealthReport.make(
                hello,
                status: await pulse.status(),
                limits: limits,
                interpreter: interpreter.rawValue,
                hasToken: hasToken
            )
            if let audit, !audit.isReady() {
                report.status = "unavailable"
                report.warning = HealthReport.auditWarning
            }
            return JSONResponse.make(report, status: report.status == "healthy" ? .ok : .serviceUnavailable)
        }
    }
}
