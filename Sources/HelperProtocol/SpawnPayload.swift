/// argv and environment of a new process, as they lie in the sealed memfd.
///
/// Sixteen bytes of header ("NSA1", argc, envc, length of the strings, each u32 little-endian), then argc
/// plus envc strings, each ended by one NUL. The strings are usable in place by execve(2), so the receiver
/// needs one buffer, which it can wipe.
public enum SpawnPayload {
    /// Size of the header in bytes.
    public static let headerSize = 16
    /// "NSA1" read as a little-endian number.
    public static let magic: UInt32 = 0x3141_534E

    /// Why bytes are no payload.
    public enum Problem: Error, Sendable, Hashable {
        case wrongLength
        case wrongMagic
        case tooManyStrings
        case stringTooLong
        case emptyCommand
        case invalidVariable
    }

    /// Where the strings of a valid payload start.
    public struct Layout: Sendable, Hashable {
        /// Offsets of the argv strings; at least one.
        public var arguments: [Int]
        /// Offsets of the environment strings.
        public var variables: [Int]
    }

    /// Builds a payload. Values stay bytes and are copied once, into the result, which the caller can wipe.
    ///
    /// - Throws: ``Problem`` if there is no argument, an item is too long or holds a NUL, there are too many, or a
    ///   variable's name is not `[A-Za-z_][A-Za-z0-9_]*`.
    public static func encode(
        arguments: [[UInt8]],
        variables: [(name: [UInt8], value: [UInt8])]
    ) throws(Problem)
        -> [UInt8]
    {
        guard !arguments.isEmpty else { throw .emptyCommand }
        // A name with "=" inside would turn its rest into the value's beginning.
        guard variables.allSatisfy({ isVariableName($0.name) }) else { throw .invalidVariable }
        var size = headerSize
        for argument in arguments { size += argument.count + 1 }
        for variable in variables { size += variable.name.count + variable.value.count + 2 }
        guard size <= ProtocolLimits.payloadBytes else { throw .wrongLength }

        // Room for everything at once: growing would leave copies of the values in freed memory.
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        bytes.append(littleEndian: magic)
        bytes.append(littleEndian: UInt32(arguments.count))
        bytes.append(littleEndian: UInt32(variables.count))
        bytes.append(littleEndian: UInt32(size - headerSize))
        for argument in arguments {
            bytes += argument
            bytes.append(0)
        }
        for variable in variables {
            bytes += variable.name
            bytes.append(UInt8(ascii: "="))
            bytes += variable.value
            bytes.append(0)
        }
        _ = try layout(of: bytes.span)
        return bytes
    }

    /// Checks a whole payload and finds its strings. Total: any bytes give a layout or a ``Problem``.
    public static func layout(of bytes: Span<UInt8>) throws(Problem) -> Layout {
        guard bytes.count > headerSize, bytes.count <= ProtocolLimits.payloadBytes else { throw .wrongLength }
        guard number(bytes, 0) == magic else { throw .wrongMagic }
        guard let argumentCount = Int(exactly: number(bytes, 4)), let variableCount = Int(exactly: number(bytes, 8)),
            argumentCount <= ProtocolLimits.arguments, variableCount <= ProtocolLimits.variables
        else { throw .tooManyStrings }
        guard argumentCount >= 1 else { throw .emptyCommand }
        guard Int(exactly: number(bytes, 12)) == bytes.count - headerSize else { throw .wrongLength }

        var starts: [Int] = []
        starts.reserveCapacity(argumentCount + variableCount)
        var start = headerSize
        for index in headerSize..<bytes.count where bytes[index] == 0 {
            guard index - start < ProtocolLimits.stringBytes else { throw .stringTooLong }
            guard starts.count < argumentCount + variableCount else { throw .tooManyStrings }
            if starts.count >= argumentCount { try checkVariable(bytes, start..<index) }
            starts.append(start)
            start = index + 1
        }
        guard start == bytes.count, starts.count == argumentCount + variableCount else { throw .wrongLength }
        // CVE-2021-4034: programs trust that argv[0] exists and names them.
        guard bytes[starts[0]] != 0 else { throw .emptyCommand }
        return Layout(
            arguments: Array(starts[..<argumentCount]),
            variables: Array(starts[argumentCount...])
        )
    }

    /// Whether `name` is a variable name that every shell and library understands.
    public static func isVariableName(_ name: some Sequence<UInt8>) -> Bool {
        var isFirst = true
        for byte in name {
            guard isNameByte(byte, isFirst: isFirst) else { return false }
            isFirst = false
        }
        return !isFirst
    }

    private static func isNameByte(_ byte: UInt8, isFirst: Bool) -> Bool {
        switch byte {
        case 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"): true
        case 0x30...0x39: !isFirst
        default: false
        }
    }

    private static func checkVariable(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(Problem) {
        var index = range.lowerBound
        while index < range.upperBound, bytes[index] != UInt8(ascii: "=") {
            guard isNameByte(bytes[index], isFirst: index == range.lowerBound) else { throw .invalidVariable }
            index += 1
        }
        guard index > range.lowerBound, index < range.upperBound else { throw .invalidVariable }
    }

    private static func number(_ bytes: Span<UInt8>, _ offset: Int) -> UInt32 {
        UInt32(bytes[offset]) | UInt32(bytes[offset + 1]) << 8 | UInt32(bytes[offset + 2]) << 16
            | UInt32(bytes[offset + 3]) << 24
    }
}
