extension [UInt8] {
    /// Reads a fixed-width integer whose bytes start at `offset`; the caller has checked the length.
    func littleEndian<Value: FixedWidthInteger>(_: Value.Type, at offset: Int) -> Value {
        var value: Value = 0
        for index in (0..<MemoryLayout<Value>.size).reversed() {
            value = value << 8 | Value(truncatingIfNeeded: self[offset + index])
        }
        return value
    }

    /// Appends a fixed-width integer, least significant byte first.
    mutating func append<Value: FixedWidthInteger>(littleEndian value: Value) {
        for shift in 0..<MemoryLayout<Value>.size {
            append(UInt8(truncatingIfNeeded: value >> Value(shift * 8)))
        }
    }
}
