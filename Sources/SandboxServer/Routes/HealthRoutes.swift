import HelperClient
import HelperProtocol
import Hummingbird
import NIOCore
import SandboxAPI

/// `GET /health`.
struct HealthRoutes: Sendable {
    let helper: HelperClient
    let hello: HelloReply
    let connector: JupyterConnector
    let eventLoopGroup: any EventLoopGroup

    func add(to router: Router<SandboxContext>) {
        router.get("/health") { _, _ in
            let status = try? await helper.status()
            let interpreter = await connector.state(on: eventLoopGroup.next())
            let report = HealthReport.make(hello, status: status, interpreter: interpreter.rawValue)
            return JSONResponse.make(report, status: report.status == "healthy" ? .ok : .serviceUnavailable)
        }
    }
}
