import HTTPTypes
import Hummingbird
import NIOCore

/// `GET /openapi.json`: the description of this API (OpenAPI 3.1). The file `OpenAPI/openapi.json` is part of the
/// program, so nothing is read from disk.
enum OpenAPIRoutes {
    /// The document, made into a buffer once; answers share its storage.
    private static let document = ByteBuffer(bytes: PackageResources.openapi_json)

    static func add(to router: Router<SandboxContext>) {
        router.get("/openapi.json") { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: "application/json"],
                body: ResponseBody(byteBuffer: document)
            )
        }
    }
}
