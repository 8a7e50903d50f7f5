import CMessageShim
import Glibc
public import HelperProtocol
public import HelperTransport

/// argv and environment of a process to be started, in one piece of memory that is wiped when it is let go.
///
/// The bytes are those of `SpawnPayload`; this type lays them out without growing a buffer on the way, so that no
/// copy of a credential is left behind in freed memory.
public struct ProcessPayload: ~Copyable {
    private let bytes: WipedBytes

    /// Copies the strings into place and checks the result as the helper will.
    ///
    /// - Parameters:
    ///   - arguments: argv; at least one, none holding a NUL.
    ///   - variables: Names and values; the closure that gets a value hands its bytes out without copying them.
    /// - Throws: The problem the helper would find.
    public init(arguments: [[UInt8]], variables: [Variable] = []) throws(SpawnPayload.Problem) {
        var count = SpawnPayload.headerSize
        for argument in arguments { count += argument.count + 1 }
        for variable in variables { count += variable.name.count + 1 + variable.valueCount + 1 }
        // Bound before allocating: the sum of a hostile request may be anything.
        guard count <= ProtocolLimits.payloadBytes else { throw .wrongLength }
        let bytes = WipedBytes(count: count)
        let memory = bytes.memory

        var offset = 0
        func put(_ bytes: some Sequence<UInt8>) {
            for byte in bytes {
                memory[offset] = byte
                offset += 1
            }
        }
        func put(_ number: UInt32) {
            put((0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) })
        }
        put(SpawnPayload.magic)
        put(UInt32(clamping: arguments.count))
        put(UInt32(clamping: variables.count))
        put(UInt32(clamping: count - SpawnPayload.headerSize))
        for argument in arguments {
            put(argument)
            put(CollectionOfOne(0))
        }
        for variable in variables {
            put(variable.name)
            put(CollectionOfOne(UInt8(ascii: "=")))
            let start = offset
            let rest = UnsafeMutableRawBufferPointer(rebasing: memory[start..<(start + variable.valueCount)])
            variable.copyValue(rest)
            offset += variable.valueCount
            put(CollectionOfOne(0))
        }
        let strings = UnsafeBufferPointer(memory.bindMemory(to: UInt8.self))
        _ = try SpawnPayload.layout(of: Span(_unsafeElements: strings))
        self.bytes = bytes
    }

    /// Size in bytes.
    public var count: Int { bytes.memory.count }

    /// Writes the bytes into a new memfd and seals it for ever. memfd_create(2), F_ADD_SEALS.
    public func sealed() throws(SystemError) -> OwnedDescriptor {
        var rawValue: Int32 = -1
        try SystemError.check(cms_memfd("payload", &rawValue))
        let descriptor = OwnedDescriptor(adopting: rawValue)
        let memory = bytes.memory
        var offset = 0
        while offset < memory.count {
            let rest = UnsafeRawBufferPointer(rebasing: memory[offset...])
            let written = write(descriptor.rawValue, rest.baseAddress, rest.count)
            if written < 0 {
                guard errno == EINTR else { throw SystemError(errno: errno) }
                continue
            }
            offset += written
        }
        try SystemError.check(cms_seal(descriptor.rawValue))
        return descriptor
    }
}

extension ProcessPayload {
    /// One variable. Prints its name only.
    public struct Variable: Sendable, CustomStringConvertible, CustomReflectable {
        let name: [UInt8]
        let valueCount: Int
        let copyValue: @Sendable (UnsafeMutableRawBufferPointer) -> Void

        /// A variable whose value someone else owns.
        ///
        /// - Parameters:
        ///   - name: The name, without `=`.
        ///   - valueCount: Size of the value in bytes.
        ///   - copyValue: Fills a buffer of exactly that size with the value.
        public init(
            name: [UInt8],
            valueCount: Int,
            copyValue: @escaping @Sendable (UnsafeMutableRawBufferPointer) -> Void
        ) {
            self.name = name
            self.valueCount = valueCount
            self.copyValue = copyValue
        }

        /// A variable whose value is no secret.
        public init(name: [UInt8], value: [UInt8]) {
            self.init(name: name, valueCount: value.count) { $0.copyBytes(from: value) }
        }

        /// The name.
        public var description: String { String(decoding: name, as: UTF8.self) }

        /// The name only; the default would show the value's owner.
        public var customMirror: Mirror { Mirror(self, children: ["name": description]) }
    }
}
