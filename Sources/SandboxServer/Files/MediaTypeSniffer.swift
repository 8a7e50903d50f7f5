/// Media types by content: the first bytes of well-known formats, else text or not.
enum MediaTypeSniffer {
    private struct Signature {
        var offset = 0
        var bytes: [UInt8]
        var type: String

        init(_ bytes: [UInt8], _ type: String, at offset: Int = 0) {
            self.offset = offset
            self.bytes = bytes
            self.type = type
        }

        init(_ text: String, _ type: String, at offset: Int = 0) {
            self.init(Array(text.utf8), type, at: offset)
        }
    }

    /// The longer ones first, where one begins like another.
    private static let signatures = [
        Signature([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], "image/png"),
        Signature([0xFF, 0xD8, 0xFF], "image/jpeg"), Signature("GIF8", "image/gif"), Signature("BM", "image/bmp"),
        Signature("WEBP", "image/webp", at: 8), Signature("WAVE", "audio/wav", at: 8),
        Signature([0x49, 0x49, 0x2A, 0], "image/tiff"), Signature([0x4D, 0x4D, 0, 0x2A], "image/tiff"),
        Signature("ftypavif", "image/avif", at: 4), Signature("ftypheic", "image/heic", at: 4),
        Signature("ftypqt", "video/quicktime", at: 4), Signature("ftyp", "video/mp4", at: 4),
        Signature([0x1A, 0x45, 0xDF, 0xA3], "video/webm"), Signature("OggS", "audio/ogg"),
        Signature("fLaC", "audio/flac"), Signature("ID3", "audio/mpeg"), Signature("MThd", "audio/midi"),
        Signature("%PDF-", "application/pdf"), Signature("PK\u{3}\u{4}", "application/zip"),
        Signature([0x1F, 0x8B], "application/gzip"), Signature("BZh", "application/x-bzip2"),
        Signature([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "application/x-xz"),
        Signature([0x28, 0xB5, 0x2F, 0xFD], "application/zstd"),
        Signature([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "application/x-7z-compressed"),
        Signature("ustar", "application/x-tar", at: 257),
        Signature([0x7F, 0x45, 0x4C, 0x46], "application/x-executable"),
        Signature([0, 0x61, 0x73, 0x6D], "application/wasm"), Signature("SQLite format 3\0", "application/x-sqlite3"),
        Signature("wOFF", "font/woff"), Signature("wOF2", "font/woff2"), Signature("<?xml", "application/xml"),
        Signature("<!DOCTYPE html", "text/html"), Signature("<!doctype html", "text/html"),
        Signature("<html", "text/html"), Signature("<svg", "image/svg+xml"),
        Signature("#!/usr/bin/env python", "text/x-python"), Signature("#!/usr/bin/python", "text/x-python"),
        Signature("#!/usr/bin/env node", "application/javascript"), Signature("#!", "text/x-shellscript"),
    ]

    /// - Parameter beginning: The first bytes; a character may be cut off at their end.
    static func type(_ beginning: [UInt8]) -> MediaType {
        guard !beginning.isEmpty else { return .empty }
        for signature in signatures where beginning.dropFirst(signature.offset).starts(with: signature.bytes) {
            // Two letters are too little to tell a picture from a text.
            if signature.type == "image/bmp", isText(beginning) { continue }
            return MediaType(name: signature.type)
        }
        return isText(beginning) ? .text : .unknown
    }

    /// UTF-8 without the control characters that no text has.
    private static func isText(_ bytes: [UInt8]) -> Bool {
        guard !bytes.contains(where: { $0 < 7 || ($0 > 13 && $0 < 27) || ($0 > 27 && $0 < 32) || $0 == 127 }) else {
            return false
        }
        var decoder = TextPieces()
        _ = decoder.add(bytes)
        return !decoder.hasRepaired
    }
}
