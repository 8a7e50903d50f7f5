/// Builds one record: header, then tagged fields.
package struct FieldWriter {
    package private(set) var fields: [UInt8] = []

    package init() {}

    package mutating func put(_ tag: UInt16, bytes: [UInt8]) {
        fields.append(littleEndian: tag)
        fields.append(littleEndian: UInt16(0))
        fields.append(littleEndian: UInt32(bytes.count))
        fields += bytes
    }

    package mutating func put(_ tag: UInt16, _ text: String) {
        put(tag, bytes: Array(text.utf8))
    }

    package mutating func put<Value: FixedWidthInteger>(_ tag: UInt16, _ value: Value) {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: value)
        put(tag, bytes: bytes)
    }

    /// The finished record.
    func record(_ operation: Operation, id: UInt64, descriptorCount: Int = 0) -> [UInt8] {
        var record: [UInt8] = []
        record.reserveCapacity(RecordHeader.size + fields.count)
        RecordHeader(
            operation: operation,
            id: id,
            payloadLength: UInt32(fields.count),
            descriptorCount: UInt16(descriptorCount)
        ).append(to: &record)
        return record + fields
    }
}
