import FoundationEssentials
import HTTPTypes
import HelperClient
import Hummingbird
import NIOHTTP1
import SandboxAPI
import Testing

@testable import SandboxServer

@Suite(.serialized, .timeLimit(.minutes(1)))
struct OpenAPITests {
    /// What of the document is compared: paths, and what stands below each, most of it operations by method.
    private struct Document: Decodable {
        struct Components: Decodable {
            struct Schema: Decodable {
                var `enum`: [JSONValue]?
            }

            var schemas: [String: Schema]
        }

        struct Operation: Decodable {
            var operationId: String
            var responses: [String: JSONValue]
        }

        var openapi: String
        var paths: [String: [String: Operation]]
        var components: Components
    }

    /// Described, and served by no route of this name.
    private static let onlyDescribed: Set<String> = []
    /// Served, and not described.
    private static let onlyServed: Set = Set(
        // The proxy's own root, which the description has with a path behind it.
        ["DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT"].map { "\($0) /proxy/{}" }
    )

    private static func document() throws -> Document {
        try JSONDecoder().decode(Document.self, from: Data(PackageResources.openapi_json))
    }

    @Test func `the description is served as JSON`() async throws {
        try await ServerFixture.with { server async throws in
            let answer = try await server.send(.GET, "/openapi.json")
            #expect(answer.status == 200 && answer.headers["content-type"] == ["application/json"])
            #expect(try answer.decoded(Document.self).openapi == "3.1.0")
        }
    }

    @Test func `the description names every route, and no other`() async throws {
        let described = try Self.document().paths.flatMap { path, operations in
            operations.keys.map { "\($0.uppercased()) \(Self.shape(path))" }
        }
        try await ServerFixture.with { server async throws in
            // HEAD goes wherever GET does, whether or not the router lists it.
            let served = server.application.router(OneShot()).routes.filter { $0.method != .head }.map {
                "\($0.method.rawValue) \(Self.shape($0.path.description))"
            }
            let expected = Set(described.filter { !$0.hasPrefix("HEAD ") }).subtracting(Self.onlyDescribed)
            let actual = Set(served).subtracting(Self.onlyServed)
            let notServed = expected.subtracting(actual).sorted()
            let notDescribed = actual.subtracting(expected).sorted()
            #expect(notServed.isEmpty)
            #expect(notDescribed.isEmpty)
        }
    }

    @Test func `each operation has an id of its own and tells its refusals`() throws {
        let operations = try Self.document().paths.filter { !$0.key.hasPrefix("/proxy") }.flatMap(\.value.values)
        #expect(Set(operations.map(\.operationId)).count == operations.count)
        for operation in operations {
            #expect(operation.responses["403"] != nil && operation.responses["405"] != nil, "\(operation.operationId)")
        }
    }

    @Test func `the description knows every error code of the server`() throws {
        let described = try #require(try Self.document().components.schemas["ErrorCode"]?.enum)
        let missing = ErrorCode.allCases.filter { !described.contains(.string($0.rawValue)) }
        #expect(missing == [])
    }

    /// The path with every parameter called the same, and the rest of a path as one parameter.
    private static func shape(_ path: String) -> String {
        let components = path.split(separator: "/").map { component in
            component.hasPrefix("{") || component.hasPrefix("*") ? "{}" : String(component)
        }
        return "/" + components.joined(separator: "/")
    }
}
