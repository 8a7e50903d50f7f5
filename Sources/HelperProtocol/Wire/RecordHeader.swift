/// The first 32 bytes of every record, little-endian. Layout: Docs/HelperProtocol.md, "Header".
public struct RecordHeader: Sendable, Hashable {
    /// Size in bytes.
    public static let size = 32
    /// "NSH1" read as a little-endian number.
    public static let magic: UInt32 = 0x3148_534E
    /// The one version this build speaks.
    public static let version: UInt16 = 1

    /// What the record asks or says.
    public var operation: Operation
    /// Chosen by the client, strictly rising per connection; 0 for events.
    public var id: UInt64
    /// Number of payload bytes after the header.
    public var payloadLength: UInt32
    /// Number of descriptors sent with the record.
    public var descriptorCount: UInt16

    /// Makes a header.
    public init(operation: Operation, id: UInt64, payloadLength: UInt32, descriptorCount: UInt16) {
        self.operation = operation
        self.id = id
        self.payloadLength = payloadLength
        self.descriptorCount = descriptorCount
    }

    /// Reads the header of a whole record and checks that the record is exactly as long as it says.
    public init(record: [UInt8]) throws(DecodingError) {
        guard record.count >= Self.size, record.count <= ProtocolLimits.recordBytes else { throw .wrongLength }
        guard record.littleEndian(UInt32.self, at: 0) == Self.magic else { throw .wrongMagic }
        let version = record.littleEndian(UInt16.self, at: 4)
        guard version == Self.version else { throw .unsupportedVersion(version) }
        let operation = record.littleEndian(UInt16.self, at: 6)
        guard let known = Operation(rawValue: operation) else { throw .unknownOperation(operation) }
        let payloadLength = record.littleEndian(UInt32.self, at: 16)
        guard UInt32(exactly: record.count - Self.size) == payloadLength else { throw .wrongLength }
        guard record.littleEndian(UInt16.self, at: 22) == 0, record.littleEndian(UInt64.self, at: 24) == 0 else {
            throw .reservedBitsSet
        }
        self.init(
            operation: known,
            id: record.littleEndian(UInt64.self, at: 8),
            payloadLength: payloadLength,
            descriptorCount: record.littleEndian(UInt16.self, at: 20)
        )
    }

    func append(to record: inout [UInt8]) {
        record.append(littleEndian: Self.magic)
        record.append(littleEndian: Self.version)
        record.append(littleEndian: operation.rawValue)
        record.append(littleEndian: id)
        record.append(littleEndian: payloadLength)
        record.append(littleEndian: descriptorCount)
        record.append(littleEndian: UInt16(0))
        record.append(littleEndian: UInt64(0))
    }
}
