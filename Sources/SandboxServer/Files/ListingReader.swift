import AgentProtocol
import FoundationEssentials
import NIOCore
import SandboxAPI

/// Turns the agent's listing, which arrives in pieces, into the entries of a JSON array.
struct ListingReader {
    private let directory: String
    private var rest: [UInt8] = []
    private var isFirst = true
    private let encoder: JSONEncoder

    /// - Parameter path: The listed directory.
    init(_ path: FilePath) {
        let text = String(decoding: path.bytes, as: UTF8.self)
        directory = text.hasSuffix("/") ? text : text + "/"
        encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    }

    /// The entries that are whole by now, with the commas before and between them.
    mutating func add(_ bytes: some Collection<UInt8>) throws -> ByteBuffer {
        rest.append(contentsOf: bytes)
        var slice = rest[...]
        var entries: [FileListEntry] = []
        while let entry = FileEntry(next: &slice) { entries.append(show(entry)) }
        rest = Array(slice)
        guard !entries.isEmpty else { return ByteBuffer() }
        // An encoded array without its brackets.
        let json = try encoder.encode(entries).dropFirst().dropLast()
        var text = ByteBuffer()
        if !isFirst { text.writeString(",") }
        isFirst = false
        text.writeBytes(json)
        return text
    }

    private func show(_ entry: FileEntry) -> FileListEntry {
        let relative = String(decoding: entry.name, as: UTF8.self)
        let name = entry.name.split(separator: UInt8(ascii: "/")).last ?? []
        let kind: FileListEntry.Kind =
            switch entry.kind {
            case .file: .file
            case .directory: .directory
            case .symbolicLink: .symlink
            case .other: .other
            }
        return FileListEntry(
            name: String(decoding: name, as: UTF8.self),
            absolutePath: directory + relative,
            relativePath: relative,
            type: kind,
            size: Int(clamping: entry.size),
            modifiedAt: FileTime.listed(entry.modifiedSeconds, entry.modifiedNanoseconds),
            mode: FileMode.text(entry.mode),
            permissions: .init(
                readable: entry.mode & 0o400 != 0,
                writable: entry.mode & 0o200 != 0,
                executable: entry.mode & 0o100 != 0
            )
        )
    }
}
