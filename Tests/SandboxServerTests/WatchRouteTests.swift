import AsyncHTTPClient
import FoundationEssentials
import Glibc
import HelperProtocol
import NIOCore
import NIOHTTP1
import SandboxAPI
import Testing

@testable import SandboxServer

@Suite(.serialized, .timeLimit(.minutes(2)))
struct WatchRouteTests {
    /// Reads a watch until it has ended or `body` returns true; `body` gets every event.
    private func watch(
        _ place: FilePlaceFixture,
        _ request: WatchRequest,
        _ body: (WatchEvent) async throws -> Bool
    ) async throws {
        var post = HTTPClientRequest(url: place.server.url + "/api/watch")
        post.method = .POST
        post.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(request)))
        let response = try await HTTPClient.shared.execute(post, timeout: .seconds(60))
        #expect(response.status == .ok)
        for try await piece in response.body {
            for line in String(buffer: piece).split(separator: "\n") where line.hasPrefix("data: ") {
                let event = try JSONDecoder().decode(WatchEvent.self, from: Data(line.dropFirst(6).utf8))
                if try await body(event) { return }
            }
        }
    }

    @Test func `everything that happens is reported, also in new directories`() async throws {
        try await FilePlaceFixture.with { place async throws in
            try place.put("x", "old")
            var seen: Set<String> = []
            let wanted: Set<String> = [
                "create new", "modify new", "delete old", "move_from new", "move_to renamed", "create dir",
                "create dir/sub", "create dir/sub/deep",
            ]
            try await watch(place, WatchRequest(path: place.directory)) { event async throws in
                if event.type == .watching {
                    #expect(event.watchId?.hasPrefix("watch-") == true && event.path == place.directory)
                    try place.put("1", "new")
                    #expect(rename(place.path("new"), place.path("renamed")) == 0 && unlink(place.path("old")) == 0)
                    #expect(mkdir(place.path("dir"), 0o755) == 0 && mkdir(place.path("dir/sub"), 0o755) == 0)
                    try place.put("2", "dir/sub/deep")
                } else if let kind = event.eventType, let path = event.path {
                    seen.insert("\(kind.rawValue) \(path.dropFirst(place.directory.utf8.count + 1))")
                }
                return wanted.isSubset(of: seen)
            }
            #expect(wanted.isSubset(of: seen))
        }
    }

    @Test func `a watch ends when what it watches is gone`() async throws {
        try await FilePlaceFixture.with { place async throws in
            #expect(mkdir(place.path("dir"), 0o755) == 0)
            var last: WatchEvent?
            try await watch(place, WatchRequest(path: place.path("dir"))) { event in
                if event.type == .watching { rmdir(place.path("dir")) }
                last = event
                return false
            }
            #expect(last?.type == .stopped && last?.reason?.contains("gone") == true)
        }
    }

    @Test func `a watch ends when the sandbox is reset, and files work again`() async throws {
        try await FilePlaceFixture.with { place async throws in
            var last: WatchEvent?
            try await watch(place, WatchRequest(path: place.directory)) { event in
                if event.type == .watching { place.server.helper.killAll() }
                last = event
                return false
            }
            #expect(last?.type == .stopped && last?.reason?.contains("restarted") == true)
            #expect(try await place.post("/api/exists", ["path": "."]).status == 200)
        }
    }

    @Test func `what cannot be watched has a status`() async throws {
        try await FilePlaceFixture.with { place async throws in
            #expect(symlink("/etc", place.path("out")) == 0)
            #expect(try await place.failure("/api/watch", ["path": "/etc"]) == "403 PERMISSION_DENIED")
            #expect(try await place.failure("/api/watch", ["path": "out"]) == "403 PERMISSION_DENIED")
            #expect(try await place.failure("/api/watch", ["path": "missing"]) == "404 FILE_NOT_FOUND")
            let both: [String: JSONValue] = ["path": ".", "include": ["a"], "exclude": ["b"]]
            #expect(try await place.failure("/api/watch", both) == "400 VALIDATION_FAILED")
            let unknown: [String: JSONValue] = ["path": ".", "events": ["explode"]]
            #expect(try await place.failure("/api/watch", unknown) == "400 VALIDATION_FAILED")
        }
    }

    @Test func `checks tell unchanged from changed, and refuse what nobody gave`() async throws {
        try await FilePlaceFixture.with { place async throws in
            func check(_ since: String?) async throws -> WatchCheckResponse {
                var fields: [String: JSONValue] = ["path": "."]
                fields["since"] = since.map { .string($0) }
                return try await place.post("/api/watch/check", fields).decoded()
            }
            let first = try await check(nil)
            #expect(first.status == .unchanged && first.version.hasPrefix("watch-1-") && first.version.hasSuffix(":0"))
            #expect(try await check(first.version).status == .unchanged)
            try place.put("x", "new")
            while try await check(first.version).status == .unchanged { try await Task.sleep(for: .milliseconds(5)) }
            let changed = try await check(first.version)
            #expect(changed.status == .changed)
            let expired = try await check("watch-1-1:0")
            #expect(expired.status == .resync && expired.reason == .restarted)
            for since in ["nonsense", changed.version + "999"] {
                let fields: [String: JSONValue] = ["path": ".", "since": .string(since)]
                #expect(try await place.failure("/api/watch/check", fields) == "400 VALIDATION_FAILED")
            }
            // One agent for all the checks, beside those that were asked for the path.
            #expect(place.server.helper.spawned.filter { $0.agent == .files }.count <= 3)
        }
    }
}
