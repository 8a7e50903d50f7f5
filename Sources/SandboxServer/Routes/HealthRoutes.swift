import HelperClient
import HelperProtocol
import Hummingbird
import SandboxAPI

/// `GET /health`.
struct HealthRoutes: Sendable {
    let helper: HelperClient
    let hello: HelloReply

    func add(to router: Router<SandboxContext>) {
        router.get("/health") { _, _ in
            let status = try? await helper.status()
            let report = HealthReport.make(hello, status: status)
            return JSONResponse.make(report, status: report.status == "healthy" ? .ok : .serviceUnavailable)
        }
    }
}
