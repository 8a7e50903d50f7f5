package import HelperProtocol

/// One record between the server and its agent, before its fields are read: 8 bytes of header, then tagged fields as in
/// the helper's protocol. Server and agent are released together, so there is no version; the socket is their own.
package struct AgentRecord {
    /// Size of the header: operation (2 bytes), zero (2), id (4), little-endian.
    package static let headerSize = 8

    /// What is asked or said.
    package var operation: UInt16
    /// The command or request it is about.
    package var id: UInt32
    private let bytes: [UInt8]

    /// Reads the header.
    package init(_ bytes: [UInt8]) throws(DecodingError) {
        guard bytes.count >= Self.headerSize, bytes[2] == 0, bytes[3] == 0 else { throw .wrongLength }
        operation = UInt16(bytes[0]) | UInt16(bytes[1]) << 8
        id = (4..<8).reduce(0) { $0 | UInt32(bytes[$1]) << (8 * ($1 - 4)) }
        self.bytes = bytes
    }

    /// The fields; any tag beyond these is refused.
    package func fields(_ known: [UInt16], repeatable: [UInt16] = []) throws(DecodingError) -> FieldReader {
        try FieldReader(record: bytes, from: Self.headerSize, known: known, repeatable: repeatable)
    }

    /// Makes a whole record.
    package static func encoded(_ operation: UInt16, id: UInt32, _ fields: FieldWriter = FieldWriter()) -> [UInt8] {
        var record: [UInt8] = [UInt8(truncatingIfNeeded: operation), UInt8(truncatingIfNeeded: operation >> 8), 0, 0]
        record += (0..<4).map { UInt8(truncatingIfNeeded: id >> (8 * $0)) }
        return record + fields.fields
    }
}
