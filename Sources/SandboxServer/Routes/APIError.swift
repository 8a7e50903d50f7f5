import HTTPTypes
import HelperClient
import HelperProtocol
import HelperTransport
import Hummingbird
import SandboxAPI

/// An error that a caller gets to see. Its texts hold names and numbers, never a value or a command.
struct APIError: Error {
    var body: ErrorBody
    var headers = HTTPFields()

    init(
        _ code: ErrorCode,
        _ message: String,
        context: [String: JSONValue] = [:],
        operation: String? = nil,
        suggestion: String? = nil
    ) {
        body = ErrorBody(code: code, message: message, context: context, operation: operation, suggestion: suggestion)
        // Clients retry every 503, so it is only said where a retry is welcome, and when.
        if body.httpStatus == 503 { headers[.retryAfter] = "1" }
    }

    /// A field of the request is not as it must be.
    static func invalid(_ field: String, _ problem: String) -> APIError {
        APIError(
            .validationFailed,
            "\(field) \(problem).",
            context: ["validationErrors": [["field": .string(field), "message": .string(problem)]]]
        )
    }

    var response: Response {
        JSONResponse.make(body, status: HTTPResponse.Status(code: body.httpStatus), headers: headers)
    }
}
