import CMessageShim
import Glibc
import HelperProtocol

/// One end of a SOCK_SEQPACKET connection: whole records, each with the descriptors that belong to it.
///
/// Synchronous; safe to use from one sending and one receiving thread at a time.
public struct RecordChannel: ~Copyable, Sendable {
    /// One received record.
    public struct Received: ~Copyable, Sendable {
        /// Header and fields, not yet decoded.
        public var record: [UInt8]
        /// What came with them.
        public var descriptors: DescriptorList

        /// Keeps the descriptors, when the record has been read.
        public consuming func consumeDescriptors() -> DescriptorList { descriptors }
    }

    private let descriptor: OwnedDescriptor

    /// Takes over a connected socket.
    public init(adopting descriptor: consuming OwnedDescriptor) {
        self.descriptor = descriptor
    }

    /// Connects to the helper's path socket.
    public init(connectingTo path: String) throws(SystemError) {
        var rawValue: Int32 = -1
        try unsafe SystemError.check(cms_connect(path, &rawValue))
        self.init(adopting: OwnedDescriptor(adopting: rawValue))
    }

    /// The two ends of a connected pair; a struct, because tuples cannot hold owners.
    public struct Pair: ~Copyable, Sendable {
        /// The end that stays here.
        public let near: OwnedDescriptor
        /// The end that is given away.
        public let far: OwnedDescriptor

        /// Keeps the near end and closes the far one, after it has been given away.
        public consuming func consumeNear() -> OwnedDescriptor { near }
    }

    /// Makes a connected pair.
    public static func pair() throws(SystemError) -> Pair {
        var ends: (Int32, Int32) = (-1, -1)
        let code: Int32 = unsafe withUnsafeMutableBytes(of: &ends) { bytes in
            guard let start = unsafe bytes.bindMemory(to: Int32.self).baseAddress else { return EINVAL }
            return unsafe cms_socketpair(start)
        }
        try SystemError.check(code)
        return Pair(near: OwnedDescriptor(adopting: ends.0), far: OwnedDescriptor(adopting: ends.1))
    }

    /// The socket's number, for poll(2).
    public var rawValue: Int32 { descriptor.rawValue }

    /// Sends one record; the descriptors stay the caller's.
    ///
    /// - Throws: EAGAIN if `waiting` is false and the peer does not read, EPIPE if it is gone, EINVAL if the record
    ///   is empty, EMSGSIZE if it exceeds the socket buffer.
    public func send(_ record: [UInt8], descriptors: [Int32] = [], waiting: Bool = true) throws(SystemError) {
        let code: Int32 = unsafe record.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return EINVAL }
            return unsafe descriptors.withUnsafeBufferPointer { list in
                unsafe cms_send(
                    descriptor.rawValue,
                    start,
                    bytes.count,
                    list.baseAddress,
                    list.count,
                    waiting ? 0 : 1
                )
            }
        }
        try SystemError.check(code)
    }

    /// Receives one record; nil when the peer has closed its end.
    ///
    /// - Throws: EAGAIN if `waiting` is false and none is there, EBADMSG if the record is too long,
    ///   carries more descriptors than ``ProtocolLimits/descriptorsPerRecord``, or is nothing but descriptors.
    public func receive(waiting: Bool = true) throws(SystemError) -> Received? {
        var length = 0
        var count = ProtocolLimits.descriptorsPerRecord
        var numbers = [Int32](repeating: -1, count: count)
        var code: Int32 = 0
        let record = unsafe [UInt8](unsafeUninitializedCapacity: ProtocolLimits.recordBytes) { buffer, initialized in
            code = unsafe numbers.withUnsafeMutableBufferPointer { list in
                guard let start = buffer.baseAddress, let numbers = list.baseAddress else { return EINVAL }
                return unsafe cms_receive(
                    descriptor.rawValue,
                    start,
                    buffer.count,
                    &length,
                    numbers,
                    &count,
                    waiting ? 0 : 1
                )
            }
            initialized = code == 0 ? length : 0
        }
        try SystemError.check(code)
        guard length > 0 else { return nil }
        return Received(record: record, descriptors: DescriptorList(adopting: Array(numbers[..<count])))
    }

    /// Wakes a thread that waits in ``receive(waiting:)``: it gets nil. shutdown(2).
    public func shutDown() {
        shutdown(descriptor.rawValue, Int32(SHUT_RDWR))
    }
}
