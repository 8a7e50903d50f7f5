import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import SandboxAPI
import Testing

@testable import SandboxServer

@Suite(.serialized, .timeLimit(.minutes(2)))
struct RawFileTests {
    private func url(_ place: FilePlaceFixture, _ name: String) -> String {
        "/api/files/raw?path=" + PercentCoding.encode(place.path(name).utf8)
    }

    @Test func `a download is the file, with what a caller needs to know of it`() async throws {
        try await FilePlaceFixture.with { place async throws in
            let content = String(repeating: "0123456789", count: 100_000)
            try place.put(content, "größe \"x\".txt")
            let answer = try await place.server.send(.GET, url(place, "größe \"x\".txt"))
            #expect(answer.status == 200 && answer.text == content)
            #expect(answer.headers["content-type"] == ["text/plain"])
            #expect(answer.headers["content-length"] == ["1000000"] && answer.headers["accept-ranges"] == ["bytes"])
            #expect(answer.headers["last-modified"].first?.hasSuffix(" GMT") == true)
            let disposition = answer.headers["content-disposition"].first ?? ""
            #expect(disposition.hasSuffix("filename*=UTF-8''gr%C3%B6%C3%9Fe%20%22x%22.txt"))
            let head = try await place.server.send(.HEAD, url(place, "größe \"x\".txt"))
            #expect(head.status == 200 && head.text.isEmpty && head.headers["content-length"] == ["1000000"])
            #expect(head.headers["etag"] == answer.headers["etag"])
        }
    }

    @Test func `a range is a part, and If-Range a condition`() async throws {
        try await FilePlaceFixture.with { place async throws in
            try place.put("0123456789", "f")
            let tag = try await place.server.send(.HEAD, url(place, "f")).headers["etag"].first ?? ""
            let part = try await place.server.send(
                .GET,
                url(place, "f"),
                headers: ["Range": "bytes=2-4", "If-Range": tag]
            )
            #expect(part.status == 206 && part.text == "234")
            #expect(part.headers["content-range"] == ["bytes 2-4/10"])
            let other = try await place.server.send(
                .GET,
                url(place, "f"),
                headers: ["Range": "bytes=2-4", "If-Range": "\"x\""]
            )
            #expect(other.status == 200 && other.text == "0123456789")
            let beyond = try await place.server.send(.GET, url(place, "f"), headers: ["Range": "bytes=10-"])
            #expect(beyond.status == 416 && beyond.headers["content-range"] == ["bytes */10"])
        }
    }

    @Test func `an upload of any size replaces the file and keeps its mode`() async throws {
        try await FilePlaceFixture.with { place async throws in
            let content = String(repeating: "abcdefgh", count: 600_000)
            let made = try await place.server.send(.PUT, url(place, "new/dir/f"), content)
            let answer: UploadFileResponse = try made.decoded()
            #expect(answer.size == content.utf8.count && answer.path == place.path("new/dir/f"))
            #expect(place.text("new/dir/f") == content)
            let replaced = try await place.server.send(.PUT, url(place, "new/dir/f"), "")
            #expect(replaced.status == 200 && place.text("new/dir/f") == "")
            #expect(place.names == ["new"])
            #expect(try await place.server.send(.PUT, url(place, "new/dir/"), "x").status == 400)
            #expect(try await place.server.send(.PUT, url(place, "new"), "x").status == 400)
            #expect(try await place.server.send(.GET, url(place, "missing")).status == 404)
            #expect(try await place.server.send(.GET, "/api/files/raw").status == 400)
        }
    }

    @Test(arguments: ["Content-Length: 1000\r\n\r\npart", "Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\n"])
    func `a broken upload leaves the old file, and nothing else`(_ rest: String) async throws {
        try await FilePlaceFixture.with { place async throws in
            try place.put("old", "f")
            do {
                let connection = try RawConnection(port: place.server.port)
                connection.write("PUT \(url(place, "f")) HTTP/1.1\r\nHost: x\r\n\(rest)")
                // The upload has begun when its staged file is there.
                while place.names.count == 1 { try await Task.sleep(for: .milliseconds(5)) }
            }
            while place.names.count > 1 { try await Task.sleep(for: .milliseconds(5)) }
            #expect(place.names == ["f"] && place.text("f") == "old")
        }
    }

    @Test func `a caller who waits for it is told to go on`() async throws {
        try await FilePlaceFixture.with { place async throws in
            let connection = try RawConnection(port: place.server.port)
            let head = "PUT \(url(place, "f")) HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-Continue\r\n\r\n"
            for content in ["one", "two"] {
                connection.write(head)
                #expect(await connection.readAll(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
                connection.write(content)
                #expect(await connection.readAll(until: "}").hasPrefix("HTTP/1.1 200 OK\r\n"))
                #expect(place.text("f") == content)
            }
        }
    }

    @Test func `callers that go away in the middle leave no file open`() async throws {
        try await FilePlaceFixture.with { place async throws in
            try place.put([UInt8](repeating: 7, count: 16_000_000), "large")
            /// Descriptors of this process, which is the server's too, that are the file.
            func open() -> Int {
                let links = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
                return links.count { number in
                    let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + number)
                    return target == place.path("large")
                }
            }
            do {
                let connection = try RawConnection(port: place.server.port)
                connection.write("GET \(url(place, "large")) HTTP/1.1\r\nHost: x\r\n\r\n")
                // Nothing is read here, so the answer stays in the middle.
                while open() == 0 { try await Task.sleep(for: .milliseconds(5)) }
            }
            for _ in 0..<5 {
                let connection = try RawConnection(port: place.server.port)
                connection.write("GET \(url(place, "large")) HTTP/1.1\r\nHost: x\r\n\r\n")
            }
            _ = try await place.server.send(.GET, "/api/ping")
            while open() > 0 { try await Task.sleep(for: .milliseconds(5)) }
            #expect(open() == 0)
        }
    }
}
