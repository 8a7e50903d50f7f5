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

    /// Reads a JSON string, or, where a ``SecretVault`` comes along, takes from it what the string stands for.
    public convenience init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let vault = decoder.userInfo[SecretVault.userInfoKey] as? SecretVault else {
            self.init(Array(text.utf8))
            return
        }
        guard let bytes = vault.take(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "no secret was found here")
        }
        self.init(bytes)
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

    /// Reads the value in place. Nothing of it may be kept.
    package func withBytes<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // Another reference to the same bytes, not a copy; gone before this object can be.
        let shared = bytes.withLock { $0 }
        return try shared.withUnsafeBufferPointer { pointer throws(Failure) in try body(pointer) }
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
