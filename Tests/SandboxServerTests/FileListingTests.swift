import Glibc
import SandboxAPI
import Testing

@testable import SandboxServer

@Suite(.serialized, .timeLimit(.minutes(2)))
struct FileListingTests {
    @Test func `entries have names, kinds, modes and times`() async throws {
        try await FilePlaceFixture.with { place async throws in
            try place.put("12345", "new\nline")
            #expect(chmod(place.path("new\nline"), 0o751) == 0)
            #expect(mkdir(place.path("dir"), 0o755) == 0 && mkfifo(place.path("fifo"), 0o600) == 0)
            #expect(symlink("dir", place.path("link")) == 0)
            try place.put("", ".hidden")
            try place.put("", "dir/.hidden")
            try place.put("", "dir/inner")
            var times = [timespec(tv_sec: 1_000_000_000, tv_nsec: 5), timespec(tv_sec: 1_000_000_000, tv_nsec: 5)]
            #expect(utimensat(AT_FDCWD, place.path("new\nline"), &times, 0) == 0)
            let list: ListFilesResponse = try await place.post("/api/list-files", ["path": "."]).decoded()
            #expect(list.files.map(\.name) == ["dir", "fifo", "link", "new\nline"] && list.count == 4)
            #expect(list.files.map(\.type) == [.directory, .other, .symlink, .file] && list.truncated == nil)
            let file = try #require(list.files.last)
            #expect(file.size == 5 && file.mode == "rwxr-x--x" && file.modifiedAt == "2001-09-09T01:46:40.0000000050")
            #expect(file.permissions == .init(readable: true, writable: true, executable: true))
            #expect(file.absolutePath == place.directory + "/./new\nline" && file.relativePath == "new\nline")
            let all: JSONValue = ["recursive": .bool(true), "includeHidden": .bool(true)]
            let deep: ListFilesResponse = try await place.post("/api/list-files", ["path": ".", "options": all])
                .decoded()
            #expect(deep.files.map(\.relativePath).contains("dir/inner") && deep.count == 7)
            #expect(deep.files.first { $0.relativePath == "dir/.hidden" }?.name == ".hidden")
        }
    }

    @Test func `a large directory arrives whole, an empty one empty, and odd bytes are shown`() async throws {
        try await FilePlaceFixture.with { place async throws in
            let empty: ListFilesResponse = try await place.post("/api/list-files", ["path": "."]).decoded()
            #expect(empty.files.isEmpty && empty.count == 0)
            var odd = Array(place.path("bad-").utf8CString.dropLast()) + [CChar(bitPattern: 0xFF), 0]
            #expect(creat(&odd, 0o644) >= 0)
            for number in 0..<3000 { try place.put("", "file-with-a-rather-long-name-\(number)") }
            let list: ListFilesResponse = try await place.post("/api/list-files", ["path": "."]).decoded()
            #expect(list.count == 3001 && list.files.count == 3001 && list.files.first?.name == "bad-\u{FFFD}")
        }
    }

    @Test func `only directories can be listed, and links to them are none`() async throws {
        try await FilePlaceFixture.with { place async throws in
            try place.put("", "file")
            #expect(symlink("/", place.path("link")) == 0)
            #expect(try await place.failure("/api/list-files", ["path": "file"]) == "400 NOT_DIRECTORY")
            #expect(try await place.failure("/api/list-files", ["path": "link"]) == "400 NOT_DIRECTORY")
            #expect(try await place.failure("/api/list-files", ["path": "missing"]) == "404 FILE_NOT_FOUND")
        }
    }
}
