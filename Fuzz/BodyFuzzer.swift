import FoundationEssentials
import SandboxAPI

/// Bodies of the API's requests. The first byte says of which type.
@c(LLVMFuzzerTestOneInput)
public func fuzzBody(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let selector = bytes.first else { return 0 }
    let text = Array(bytes.dropFirst())
    switch selector % 16 {
    case 0: compare(ExecuteRequest.self, text) { secrets($0.env) + [$0.command, $0.cwd ?? ""] }
    case 1: compare(ProcessStartRequest.self, text) { secrets($0.execute.env) + [$0.processId ?? ""] }
    case 2: compare(SessionCreateRequest.self, text) { secrets($0.env) + [$0.id ?? ""] }
    case 3: compare(GitCheckoutRequest.self, text) { [string($0.repoUrl), $0.branch ?? ""] }
    case 4: compare(BackupUploadRequest.self, text) { $0.parts.map { string($0.url) } + [$0.archivePath] }
    case 5: decode(BackupCreateRequest.self, text)
    case 6: decode(BackupRestoreRequest.self, text)
    case 7: decode(SessionDeleteRequest.self, text)
    case 8: decode(ExposePortRequest.self, text)
    case 9: decode(PortWatchRequest.self, text)
    case 10: decode(WriteFileRequest.self, text)
    case 11: decode(ReadFileRequest.self, text)
    case 12: decode(ListFilesRequest.self, text)
    case 13: decode(MoveFileRequest.self, text)
    case 14: decode(WatchRequest.self, text)
    default: decode(MakeDirectoryRequest.self, text)
    }
    return 0
}

private func decode<Value: Decodable>(_ type: Value.Type, _ text: [UInt8]) {
    _ = try? JSONDecoder().decode(type, from: Data(text))
}

/// With the secrets taken out first a body must mean what a decoder alone makes of it.
private func compare<Value: SecretCarrying>(_ type: Value.Type, _ text: [UInt8], _ parts: (Value) -> [String]) {
    let plain = try? JSONDecoder().decode(type, from: Data(text))
    let separated = text.withUnsafeBufferPointer { try? SecretScanner.separate($0, paths: type.secretPaths) }
    var scanned: Value?
    if let separated {
        let decoder = JSONDecoder()
        decoder.userInfo[SecretVault.userInfoKey] = separated.vault
        scanned = try? decoder.decode(type, from: Data(separated.text))
    }
    if let scanned {
        guard let plain else { preconditionFailure("accepted, and refused by the decoder alone") }
        precondition(parts(scanned) == parts(plain), "another value than the decoder's")
    } else if plain != nil {
        // The decoder also reads UTF-16, UTF-32 and marks of the byte order, which RFC 8259 has done away with, and never
        // looks into strings that nobody asks it for: those of a name that stands there twice.
        let isPlain = text.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\\") } && text[0] < 0x80
        precondition(
            !isPlain || (try? UTF8Span(validating: text.span)) == nil,
            "refused, and accepted by the decoder alone"
        )
    }
}

private func secrets(_ variables: [String: SecretBytes]) -> [String] {
    variables.sorted { $0.key < $1.key }.flatMap { [$0.key, string($0.value)] }
}

private func string(_ secret: SecretBytes) -> String {
    secret.withBytes { String(decoding: $0, as: UTF8.self) }
}
