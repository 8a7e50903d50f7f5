import Glibc
import Synchronization

/// The value of a variable that may be a credential: bytes with one owner, overwritten when it lets go of them.
///
/// Prints as `<redacted>` everywhere. Reading is possible only in place, so that no second copy comes to be unnoticed.
public final class SecretBytes: Sendable, Codable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    private let bytes: Mutex<[UInt8]>

    /// Size in bytes.
    public let count: Int

    /// Takes over bytes; the caller should hold no other copy.
    public init(_ bytes: consuming [UInt8]) {
        count = bytes.count
        self.bytes = Mutex(bytes)
    }

    /// Reads a JSON string.
    public convenience init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        self.init(Array(text.utf8))
    }

    deinit {
        // explicit_bzero(3): the compiler may not drop it as a store to dead memory.
        bytes.withLock { bytes in
            bytes.withUnsafeMutableBytes { memory in
                if let start = memory.baseAddress { explicit_bzero(start, memory.count) }
            }
        }
    }

    /// Writes a JSON string: this is how a client sends the value.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(bytes.withLock { String(decoding: $0, as: UTF8.self) })
    }

    /// Copies the value to where it is needed; `buffer` must have room for ``count`` bytes.
    public func copy(to buffer: UnsafeMutableRawBufferPointer) {
        bytes.withLock { buffer.copyBytes(from: $0) }
    }

    /// Whether the value holds this byte.
    public func contains(_ byte: UInt8) -> Bool {
        bytes.withLock { $0.contains(byte) }
    }

    /// Always `<redacted>`.
    public var description: String { "<redacted>" }

    /// Always `<redacted>`.
    public var debugDescription: String { "<redacted>" }

    /// Empty: a dump shows nothing of the value.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
