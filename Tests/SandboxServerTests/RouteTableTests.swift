import HTTPTypes
import Testing

@testable import SandboxServer

@Suite struct RouteTableTests {
    private static let table: RouteTable = {
        var table = RouteTable()
        table.add("/", .get)
        table.add("/api/process/list", .get)
        table.add("/api/process/{id}", .get)
        table.add("/api/process/{id}", .delete)
        table.add("/api/process/{id}/logs", .get)
        table.add("/proxy/{port}/**", .post)
        return table
    }()

    @Test(arguments: [
        ("/", "GET, HEAD"), ("/api/process/x", "DELETE, GET, HEAD"), ("/api/process/list", "GET, HEAD"),
        ("/api/process/x/logs", "GET, HEAD"), ("/proxy/80", "POST"), ("/proxy/80/", "POST"),
        ("/proxy/80/a/b/c", "POST"),
    ])
    func `a path has the methods of the template that fits it best`(_ path: String, _ allow: String) {
        #expect(Self.table.allow(for: path) == allow)
    }

    @Test(arguments: ["/api", "/api/process", "/api/process/x/other", "/api/process/x/logs/more", "/proxy", "/x"])
    func `a path that no template matches is unknown`(_ path: String) {
        #expect(Self.table.allow(for: path) == nil)
    }
}
