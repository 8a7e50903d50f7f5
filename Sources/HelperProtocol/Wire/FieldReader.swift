/// Takes one record's tagged fields apart. Total: any bytes give fields or a ``DecodingError``.
package struct FieldReader {
    private let record: [UInt8]
    private var fields: [(tag: UInt16, range: Range<Int>)] = []

    /// Splits the payload of `record`, whose header has been read, and refuses any tag that is not
    /// `known`, and any repetition of a tag that is not `repeatable`.
    /// - Parameter start: Where the fields begin: behind the header of the protocol at hand.
    package init(
        record: [UInt8],
        from start: Int = RecordHeader.size,
        known: [UInt16],
        repeatable: [UInt16] = []
    ) throws(DecodingError) {
        self.record = record
        var offset = start
        while offset < record.count {
            guard record.count - offset >= 8 else { throw .wrongLength }
            let tag = record.littleEndian(UInt16.self, at: offset)
            guard record.littleEndian(UInt16.self, at: offset + 2) == 0 else { throw .reservedBitsSet }
            guard let length = Int(exactly: record.littleEndian(UInt32.self, at: offset + 4)),
                length <= record.count - offset - 8
            else { throw .wrongLength }
            guard known.contains(tag) || repeatable.contains(tag) else { throw .unknownField(tag) }
            if !repeatable.contains(tag), fields.contains(where: { $0.tag == tag }) { throw .repeatedField(tag) }
            fields.append((tag, offset + 8..<offset + 8 + length))
            offset += 8 + length
        }
    }

    package func has(_ tag: UInt16) -> Bool { fields.contains { $0.tag == tag } }

    package func bytes(_ tag: UInt16) throws(DecodingError) -> [UInt8] {
        guard let field = fields.first(where: { $0.tag == tag }) else { throw .missingField(tag) }
        return Array(record[field.range])
    }

    package func allBytes(_ tag: UInt16) -> [[UInt8]] {
        fields.filter { $0.tag == tag }.map { Array(record[$0.range]) }
    }

    package func integer<Value: FixedWidthInteger>(
        _ tag: UInt16,
        as type: Value.Type = Value.self
    ) throws(DecodingError)
        -> Value
    {
        let bytes = try bytes(tag)
        guard bytes.count == MemoryLayout<Value>.size else { throw .invalidField(tag) }
        return bytes.littleEndian(type, at: 0)
    }

    package func text(_ tag: UInt16) throws(DecodingError) -> String {
        guard let text = String(validating: try bytes(tag), as: UTF8.self) else { throw .invalidField(tag) }
        return text
    }

    package func choice<Value: RawRepresentable>(
        _ tag: UInt16,
        as type: Value.Type = Value.self
    ) throws(DecodingError)
        -> Value where Value.RawValue: FixedWidthInteger
    {
        guard let value = Value(rawValue: try integer(tag)) else { throw .invalidField(tag) }
        return value
    }

    /// An absolute path: 1 to ``ProtocolLimits/pathBytes`` bytes, no NUL, no `..` component.
    package func absolutePath(_ tag: UInt16) throws(DecodingError) -> [UInt8] {
        let path = try bytes(tag)
        guard path.first == UInt8(ascii: "/"), path.count <= ProtocolLimits.pathBytes, !path.contains(0),
            !path.split(separator: UInt8(ascii: "/")).contains([UInt8(ascii: "."), UInt8(ascii: ".")])
        else { throw .invalidField(tag) }
        return path
    }
}
