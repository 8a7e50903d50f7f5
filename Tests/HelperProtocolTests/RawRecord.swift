/// A record built byte by byte, so that tests can say what no encoder says.
struct RawRecord {
    var magic: [UInt8] = Array("NSH1".utf8)
    var version: UInt16 = 1
    var operation: UInt16
    var id: UInt64 = 1
    var length: UInt32?
    var descriptorCount: UInt16 = 0
    var reserved: UInt16 = 0
    var moreReserved: UInt64 = 0
    var fields: [Field] = []

    /// One field; `length` overrides the true one.
    struct Field {
        var tag: UInt16
        var value: [UInt8]
        var reserved: UInt16 = 0
        var length: UInt32?

        init(_ tag: UInt16, _ value: [UInt8], reserved: UInt16 = 0, length: UInt32? = nil) {
            self.tag = tag
            self.value = value
            self.reserved = reserved
            self.length = length
        }

        init(_ tag: UInt16, _ text: String) { self.init(tag, Array(text.utf8)) }

        /// An integer of `Value`'s size.
        static func integer<Value: FixedWidthInteger>(_ tag: UInt16, _ value: Value) -> Field {
            Field(tag, RawRecord.bytes(value))
        }
    }

    var bytes: [UInt8] {
        var body: [UInt8] = []
        for field in fields {
            body += Self.bytes(field.tag) + Self.bytes(field.reserved)
            body += Self.bytes(field.length ?? UInt32(field.value.count)) + field.value
        }
        return magic + Self.bytes(version) + Self.bytes(operation) + Self.bytes(id)
            + Self.bytes(length ?? UInt32(body.count)) + Self.bytes(descriptorCount) + Self.bytes(reserved)
            + Self.bytes(moreReserved) + body
    }

    static func bytes<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        (0..<MemoryLayout<Value>.size).map { UInt8(truncatingIfNeeded: value >> Value($0 * 8)) }
    }
}
