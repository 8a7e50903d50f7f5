import Glibc
import NIOHTTP1
import SandboxAPI
import Testing

@testable import SandboxServer

@Suite(.serialized, .timeLimit(.minutes(2)))
struct FileRouteTests {
    @Test(arguments: ["plain.txt", "new\nline \"quoted\" 'name'.txt", "größe-🦆.txt", "-rf", "a b/c/d.txt"])
    func `text is written and read back under any name`(_ name: String) async throws {
        try await FilePlaceFixture.with { place async throws in
            let content = "first\nzweite Zeile ä🦆\n"
            let written = try await place.post("/api/write", ["path": .string(name), "content": .string(content)])
            #expect(written.status == 200)
            #expect(try written.decoded(FilePathResponse.self).path == place.path(name))
            #expect(place.text(name) == content)
            let read: ReadFileResponse = try await place.post("/api/read", ["path": .string(name)]).decoded()
            #expect(read.content == content && read.encoding == "utf-8" && !read.isBinary)
            #expect(read.size == content.utf8.count && read.mimeType == "text/plain")
        }
    }

    @Test func `bytes travel as base64`() async throws {
        try await FilePlaceFixture.with { place async throws in
            let bytes: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 255]
            let text = Base64.encode(bytes)
            let fields: [String: JSONValue] = [
                "path": "a.png", "content": .string(text), "encoding": .string("base64"),
            ]
            #expect(try await place.post("/api/write", fields).status == 200)
            #expect(place.get("a.png") == bytes)
            let read: ReadFileResponse = try await place.post("/api/read", ["path": "a.png"]).decoded()
            #expect(read.content == text && read.isBinary && read.encoding == "base64" && read.mimeType == "image/png")
            let forced: ReadFileResponse = try await place.post(
                "/api/read",
                ["path": "a.png", "encoding": .string("utf8")]
            ).decoded()
            #expect(!forced.isBinary && forced.content.contains("PNG"))
            for bad in ["a*b=", "abcde", "ä"] {
                let fields: [String: JSONValue] = [
                    "path": "a.png", "content": .string(bad), "encoding": .string("base64"),
                ]
                #expect(try await place.failure("/api/write", fields) == "400 VALIDATION_FAILED")
            }
            #expect(place.get("a.png") == bytes)
        }
    }

    @Test func `an existing file is shortened, an empty one is empty`() async throws {
        try await FilePlaceFixture.with { place async throws in
            try place.put("long content", "f")
            _ = try await place.post("/api/write", ["path": "f", "content": .string("x")])
            #expect(place.text("f") == "x")
            _ = try await place.post("/api/write", ["path": "f", "content": .string("")])
            let read: ReadFileResponse = try await place.post("/api/read", ["path": "f"]).decoded()
            #expect(read.content == "" && read.size == 0 && read.encoding == "utf-8")
        }
    }

    @Test func `files of proc are read to their end though their size is 0`() async throws {
        try await FilePlaceFixture.with { place async throws in
            let read: ReadFileResponse = try await place.post("/api/read", ["path": "/proc/meminfo"]).decoded()
            #expect(read.content.contains("MemTotal") && read.size > 100)
        }
    }

    @Test func `what is too large is refused, whatever its size is said to be`() async throws {
        try await FilePlaceFixture.with { place async throws in
            try place.put("", "large")
            #expect(truncate(place.path("large"), off_t(FileService.readLimit + 1)) == 0)
            let answer = try await place.post("/api/read", ["path": "large"])
            let error: ErrorBody = try answer.decoded()
            #expect(answer.status == 413 && error.code == "FILE_TOO_LARGE")
            #expect(error.context["maxSize"] == .integer(FileService.readLimit))
            #expect(error.context["actualSize"] == .integer(FileService.readLimit + 1))
        }
    }

    @Test func `what cannot be read says why`() async throws {
        try await FilePlaceFixture.with { place async throws in
            #expect(mkfifo(place.path("fifo"), 0o644) == 0)
            try place.put("x", "file")
            #expect(symlink("loop", place.path("loop")) == 0)
            let expected: [(String, String)] = [
                ("missing", "404 FILE_NOT_FOUND"), (".", "404 FILE_NOT_FOUND"), ("fifo", "400 VALIDATION_FAILED"),
                ("/dev/null", "400 VALIDATION_FAILED"), ("file/below", "400 NOT_DIRECTORY"),
                ("loop", "400 VALIDATION_FAILED"), ("/proc/self/exe", "400 VALIDATION_FAILED"),
                (String(repeating: "n", count: 300), "400 NAME_TOO_LONG"), ("", "400 VALIDATION_FAILED"),
                ("a\0b", "400 VALIDATION_FAILED"),
                ("/" + String(repeating: "a/", count: 2100), "400 VALIDATION_FAILED"),
            ]
            for (path, code) in expected {
                let failure = try await place.failure("/api/read", ["path": .string(path)])
                #expect(failure == code, "\(path.prefix(40))")
            }
            let encoding: [String: JSONValue] = ["path": "file", "encoding": .string("latin1")]
            #expect(try await place.failure("/api/read", encoding) == "400 VALIDATION_FAILED")
            let writing: [String: JSONValue] = ["path": "file", "content": "6869", "encoding": .string("hex")]
            #expect(try await place.failure("/api/write", writing) == "400 VALIDATION_FAILED")
            #expect(try await place.failure("/api/read", [:]) == "400 VALIDATION_FAILED")
            #expect(try await place.failure("/api/read", ["path": .integer(1)]) == "400 VALIDATION_FAILED")
        }
    }

    @Test func `what cannot be written says why and leaves nothing`() async throws {
        try await FilePlaceFixture.with { place async throws in
            #expect(mkfifo(place.path("fifo"), 0o644) == 0)
            try place.put("x", "file")
            for (path, code) in [
                (".", "400 IS_DIRECTORY"), ("fifo", "400 VALIDATION_FAILED"), ("file/below", "400 NOT_DIRECTORY"),
                ("new/", "400 IS_DIRECTORY"), ("/proc/nothing", "404 FILE_NOT_FOUND"),
            ] {
                let fields: [String: JSONValue] = ["path": .string(path), "content": .string("y")]
                #expect(try await place.failure("/api/write", fields) == code, "\(path)")
            }
            #expect(place.names == ["fifo", "file"] && place.text("file") == "x")
        }
    }

    @Test func `links and dots are the kernel's, relative paths begin at the workspace`() async throws {
        try await FilePlaceFixture.with { place async throws in
            try place.put("target", "file")
            #expect(symlink("file", place.path("link")) == 0)
            let name = String(place.directory.split(separator: "/").last ?? "")
            for path in [place.path("link"), place.path("../\(name)/./file"), "\(name)/file"] {
                let answer = try await place.server.send(.POST, "/api/read", #"{"path": "\#(path)"}"#)
                #expect(try answer.decoded(ReadFileResponse.self).content == "target")
            }
            _ = try await place.post("/api/write", ["path": "link", "content": .string("through")])
            #expect(place.text("file") == "through")
        }
    }

    @Test func `delete takes files and links, never directories`() async throws {
        try await FilePlaceFixture.with { place async throws in
            try place.put("x", "file")
            #expect(symlink(place.directory, place.path("link")) == 0)
            #expect(try await place.post("/api/delete", ["path": "link"]).status == 200)
            #expect(try await place.post("/api/delete", ["path": "file"]).status == 200)
            #expect(place.names.isEmpty)
            #expect(try await place.failure("/api/delete", ["path": "file"]) == "404 FILE_NOT_FOUND")
            for path in [".", "/", "sub/.."] {
                let answer = try await place.post("/api/delete", ["path": .string(path)])
                let error: ErrorBody = try answer.decoded()
                #expect(answer.status == 400 && error.code == "IS_DIRECTORY")
                #expect(error.suggestion?.contains("rm -rf") == true)
            }
        }
    }

    @Test func `move and rename do what mv does`() async throws {
        try await FilePlaceFixture.with { place async throws in
            try place.put("1", "a")
            try place.put("2", "b")
            #expect(mkdir(place.path("dir"), 0o755) == 0)
            let renamed = try await place.post("/api/rename", ["oldPath": "a", "newPath": "b"])
            let answer: FileMoveResponse = try renamed.decoded()
            #expect(answer.path == place.path("a") && answer.newPath == place.path("b"))
            #expect(place.text("b") == "1" && place.names == ["b", "dir"])
            let moved = try await place.post("/api/move", ["sourcePath": "b", "destinationPath": "dir"])
            #expect(moved.status == 200 && place.text("dir/b") == "1")
            let missing: [String: JSONValue] = ["sourcePath": "a", "destinationPath": "c"]
            #expect(try await place.failure("/api/move", missing) == "404 FILE_NOT_FOUND")
            let into: [String: JSONValue] = ["oldPath": "dir", "newPath": "dir/below"]
            #expect(try await place.failure("/api/rename", into) == "400 VALIDATION_FAILED")
        }
    }

    @Test func `a directory moves whole to another file system`() async throws {
        try await FilePlaceFixture.with { place async throws in
            var here = stat()
            var there = stat()
            guard stat(place.directory, &here) == 0, stat("/dev/shm", &there) == 0, here.st_dev != there.st_dev else {
                return
            }
            let name = "sandbox-move-\(getpid())"
            #expect(mkdir(place.path(name), 0o750) == 0)
            try place.put("1", name + "/file")
            #expect(symlink("file", place.path(name + "/link")) == 0)
            let out: [String: JSONValue] = [
                "sourcePath": .string(name), "destinationPath": .string("/dev/shm/\(name)"),
            ]
            #expect(try await place.post("/api/move", out).status == 200)
            #expect(place.names.isEmpty)
            let back: [String: JSONValue] = [
                "sourcePath": .string("/dev/shm/\(name)"), "destinationPath": .string("back"),
            ]
            #expect(try await place.post("/api/move", back).status == 200)
            #expect(place.text("back/link") == "1")
            #expect(stat(place.path("back"), &there) == 0 && there.st_mode & 0o777 == 0o750)
        }
    }

    @Test func `mkdir makes one directory, or all of them`() async throws {
        try await FilePlaceFixture.with { place async throws in
            let deep: [String: JSONValue] = ["path": "a/b/c"]
            #expect(try await place.failure("/api/mkdir", deep) == "404 FILE_NOT_FOUND")
            let all = try await place.post("/api/mkdir", ["path": "a/b/c", "recursive": .bool(true)])
            #expect(try all.decoded(MakeDirectoryResponse.self).recursive)
            #expect(try await place.post("/api/mkdir", ["path": "a/b/c", "recursive": .bool(true)]).status == 200)
            #expect(try await place.failure("/api/mkdir", ["path": "a"]) == "500 FILESYSTEM_ERROR")
            #expect(try await place.failure("/api/mkdir", ["path": "/"]) == "500 FILESYSTEM_ERROR")
            try place.put("", "file")
            let below: [String: JSONValue] = ["path": "file/x", "recursive": .bool(true)]
            #expect(try await place.failure("/api/mkdir", below).hasSuffix("_ERROR"))
        }
    }

    @Test func `exists is what test says`() async throws {
        try await FilePlaceFixture.with { place async throws in
            try place.put("", "file")
            #expect(symlink("nowhere", place.path("dangling")) == 0)
            for (path, exists) in [
                ("file", true), (".", true), ("missing", false), ("dangling", false), ("file/x", false),
            ] {
                let answer = try await place.post("/api/exists", ["path": .string(path)])
                #expect(try answer.decoded(FileExistsResponse.self).exists == exists, "\(path)")
            }
        }
    }
}
