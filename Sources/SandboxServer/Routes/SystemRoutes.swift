import Hummingbird
import SandboxAPI

/// Small answers that need nothing.
enum SystemRoutes {
    static func add(to router: Router<SandboxContext>) {
        router.get("/") { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: "text/plain; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: "Sandbox API \(ServerVersion.current)\n"))
            )
        }
        router.get("/api/ping") { _, _ in JSONResponse.make(PingResponse()) }
        router.get("/api/version") { _, _ in JSONResponse.make(VersionResponse(version: ServerVersion.current)) }
    }
}
