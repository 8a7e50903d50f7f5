import CMessageShim
import CNamespaceShim
import Glibc
import HelperProtocol
import HelperTransport

/// argv and environment of a new process in C memory that is wiped when the process has started.
///
/// The request's strings stay in the one buffer they were read into; the pointers execve(2) wants lead there.
struct CommandImage: ~Copyable {
    /// All strings, the request's among them.
    let buffer: UnsafeMutableRawPointer
    let size: Int
    let arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    let variables: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

    /// An image for a program of the helper's own choice, or for plans that execute nothing.
    init(arguments: [String] = [], variables: [EnvironmentVariable] = []) {
        let strings = arguments.map { Array($0.utf8) } + variables.map(\.bytes)
        size = strings.reduce(1) { $0 + $1.count + 1 }
        buffer = Self.buffer(size)
        let starts = Self.append(strings, to: buffer, at: 0)
        self.arguments = Self.pointers(starts[..<arguments.count], in: buffer)
        self.variables = Self.pointers(starts[arguments.count...], in: buffer)
    }

    /// Reads a request's payload. `base` variables come first and give way to the payload's of the same name.
    ///
    /// - Throws: `unacceptableDescriptor` unless the payload is a memfd with all seals, so that its size and
    ///   content cannot change between check and use; `malformedPayload` if it is no ``SpawnPayload``.
    init(payload descriptor: Int32, base: [EnvironmentVariable]) throws(HelperFailure) {
        guard cms_check_sealed(descriptor) == 0 else { throw HelperFailure(.unacceptableDescriptor, stage: .payload) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size > 0, status.st_size <= ProtocolLimits.payloadBytes
        else { throw HelperFailure(.malformedPayload, stage: .payload) }
        let payloadSize = Int(status.st_size)
        let baseSize = base.reduce(0) { $0 + $1.bytes.count + 1 }
        let size = payloadSize + baseSize
        let buffer = Self.buffer(size)
        // pread, not mmap: nothing the sender does to the file can become a SIGBUS here.
        guard pread(descriptor, buffer, payloadSize, 0) == payloadSize,
            let layout = try? Self.layout(buffer, payloadSize)
        else {
            cns_wipe(buffer, size)
            free(buffer)
            throw HelperFailure(.malformedPayload, stage: .payload)
        }
        let own = base.filter { variable in
            !layout.variables.contains { Self.hasName(variable.name, at: buffer + $0) }
        }
        let baseStarts = Self.append(own.map(\.bytes), to: buffer, at: payloadSize)
        self.size = size
        self.buffer = buffer
        arguments = Self.pointers(layout.arguments[...], in: buffer)
        variables = Self.pointers((baseStarts + layout.variables)[...], in: buffer)
    }

    deinit {
        #if WEAKENED
            if !Weakness.lacks(.wipedImages) { cns_wipe(buffer, size) }
        #else
            cns_wipe(buffer, size)
        #endif
        free(buffer)
        arguments.deallocate()
        variables.deallocate()
    }

    private static func buffer(_ size: Int) -> UnsafeMutableRawPointer {
        UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
    }

    private static func layout(_ buffer: UnsafeMutableRawPointer, _ size: Int) throws -> SpawnPayload.Layout {
        try SpawnPayload.layout(
            of: UnsafeBufferPointer(start: buffer.assumingMemoryBound(to: UInt8.self), count: size).span
        )
    }

    private static func hasName(_ name: [UInt8], at start: UnsafeMutableRawPointer) -> Bool {
        memcmp(start, name, name.count) == 0 && start.load(fromByteOffset: name.count, as: UInt8.self) == 0x3D
    }

    private static func append(_ strings: [[UInt8]], to buffer: UnsafeMutableRawPointer, at offset: Int) -> [Int] {
        var starts: [Int] = []
        var offset = offset
        for string in strings {
            starts.append(offset)
            memcpy(buffer + offset, string, string.count)
            buffer.storeBytes(of: 0, toByteOffset: offset + string.count, as: UInt8.self)
            offset += string.count + 1
        }
        return starts
    }

    private static func pointers(
        _ starts: ArraySlice<Int>,
        in buffer: UnsafeMutableRawPointer
    )
        -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    {
        let list = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: starts.count + 1)
        for (index, start) in starts.enumerated() {
            (list + index).initialize(to: (buffer + start).assumingMemoryBound(to: CChar.self))
        }
        (list + starts.count).initialize(to: nil)
        return list
    }
}
