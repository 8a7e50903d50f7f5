import NIOCore
import SandboxAPI
import Testing

@testable import SandboxServer

@Suite struct FilePureTests {
    @Test(arguments: [
        ("a.txt", "text/plain"), ("A.PNG", "image/png"), ("x.tar.gz", "application/gzip"), ("m.ts", "text/typescript"),
        ("s.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("d.json", "application/json"), ("i.svg", "image/svg+xml"),
    ])
    func `names tell types`(_ name: String, _ type: String) {
        #expect(MediaType.of(Array(name.utf8), beginning: []).name == type)
    }

    @Test(
        arguments: [
            ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], "image/png"),
            ([0x7F, 0x45, 0x4C, 0x46, 0], "application/x-executable"),
            (Array("#!/bin/sh\n".utf8), "text/x-shellscript"), (Array("plain ä".utf8), "text/plain"),
            (Array("BM is a text".utf8), "text/plain"), ([], "inode/x-empty"), ([1, 2, 3], "application/octet-stream"),
            ([0xC3, 0x28], "application/octet-stream"), (Array("cut \u{e4}".utf8.dropLast()), "text/plain"),
        ] as [([UInt8], String)]
    )
    func `content tells types where the name does not`(_ bytes: [UInt8], _ type: String) {
        #expect(MediaType.of(Array("Makefile".utf8), beginning: bytes).name == type)
        #expect(MediaType.of(Array(".json".utf8), beginning: bytes).name == type)
    }

    @Test func `text types are text`() {
        for name in ["text/html", "application/json", "application/ld+json", "image/svg+xml", "inode/x-empty"] {
            #expect(MediaType(name: name).isText)
        }
        for name in ["image/png", "application/pdf", "application/octet-stream"] {
            #expect(!MediaType(name: name).isText)
        }
    }

    @Test(arguments: ["aä€🦆b", "\u{FFFD}", "x"])
    func `text in pieces is the text, wherever it is cut`(_ text: String) {
        let bytes = Array(text.utf8)
        for size in 1...4 {
            var decoder = TextPieces()
            var out = ""
            for start in stride(from: 0, to: bytes.count, by: size) {
                out += decoder.add(bytes[start..<min(start + size, bytes.count)])
            }
            #expect(out + decoder.finish() == text && !decoder.hasRepaired)
        }
    }

    @Test func `what is no text is repaired as if it had come at once`() {
        for bytes: [UInt8] in [[0xE2, 0x82], [0xFF, 0x41], [0xED, 0xA0, 0x80], [0xF0, 0x9F, 0x41], [0xC0, 0x80]] {
            var decoder = TextPieces()
            let out = bytes.map { decoder.add([$0]) }.joined() + decoder.finish()
            #expect(out == String(decoding: bytes, as: UTF8.self) && decoder.hasRepaired)
        }
    }

    @Test(
        arguments: [
            ("bytes=0-0", .part(0..<1)), ("bytes=5-", .part(5..<10)), ("bytes=-3", .part(7..<10)),
            ("bytes=-99", .part(0..<10)),
            ("bytes=2-99", .part(2..<10)), ("bytes=10-", .unsatisfiable), ("bytes=-0", .unsatisfiable),
            ("bytes=4-2", .whole), ("bytes=0-1,3-4", .whole), ("lines=1-2", .whole), ("bytes=", .whole),
            ("bytes=-", .whole),
            ("bytes=0-9223372036854775807", .part(0..<10)), ("bytes=99999999999999999999-", .whole),
        ] as [(String, ByteRange)]
    )
    func `ranges are understood or ignored`(_ header: String, _ range: ByteRange) {
        #expect(ByteRange(header, size: 10) == range)
    }

    @Test func `base64 forgives line ends and missing padding only`() {
        #expect(Base64.decode("aGVs\r\nbG8=") == Array("hello".utf8) && Base64.decode("aGVsbG8") == Array("hello".utf8))
        #expect(Base64.decode("") == [] && Base64.decode("a") == nil && Base64.decode("a$b=") == nil)
        #expect(Base64.decode("=aGV") == nil)
    }

    @Test func `modes and queries have their forms`() {
        #expect(FileMode.text(0o755) == "rwxr-xr-x" && FileMode.text(0o4711) == "rws--x--x")
        #expect(FileMode.text(0o1776) == "rwxrwxrwT" && FileTime.http(0) == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(PercentCoding.value("path", in: "a=1&path=%FFx+y%zz") == [0xFF] + Array("x+y%zz".utf8))
        #expect(PercentCoding.value("path", in: nil) == nil && PercentCoding.encode([0x0A, 0x41]) == "%0AA")
    }

    @Test func `the clock runs only while the caller is what is waited for`() {
        var rule = RequestDeadlineRule()
        rule.head()
        #expect(rule.takeChange() == .stop)
        rule.wantsMore()
        #expect(rule.takeChange() == .waitForBody)
        rule.received()
        #expect(rule.takeChange() == .stop)
        rule.wantsMore()
        rule.requestEnded()
        #expect(rule.takeChange() == .stop)
        rule.wantsMore()
        #expect(rule.takeChange() == .none)
        rule.answerEnded()
        #expect(rule.takeChange() == .waitForHead)
    }
}
