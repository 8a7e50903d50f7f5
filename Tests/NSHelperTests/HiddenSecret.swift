import CNamespaceShim
import Glibc
import HelperProtocol
import HelperTransport

/// A value that this process knows only in disguise, so that whoever finds it in memory finds somebody else's copy.
struct HiddenSecret {
    /// Each byte of the secret with every bit inverted.
    private let disguise: [UInt8] = (0..<48).map { _ in ~UInt8.random(in: 0x21...0x7E) }

    /// A sealed payload with one argument and the secret as the value of `TOKEN`, written byte by byte.
    func payload(magic: UInt32 = SpawnPayload.magic) -> OwnedDescriptor {
        let file = Kernel.memoryFile()
        let command = Array("x\0TOKEN=".utf8)
        let length = UInt32(command.count + disguise.count + 1)
        let header = [magic, 1, 1, length].flatMap { word in (0..<4).map { UInt8(word >> (8 * $0) & 0xFF) } }
        for byte in header + command { put(byte, into: file.rawValue) }
        for byte in disguise { put(~byte, into: file.rawValue) }
        put(0, into: file.rawValue)
        _ = fcntl(file.rawValue, Kernel.addSeals, Kernel.allSeals)
        return file
    }

    private func put(_ byte: UInt8, into file: Int32) {
        var byte = byte
        _ = write(file, &byte, 1)
    }

    /// How often the secret is in this process's writable memory; -1 if that cannot be read.
    func copiesInMemory() -> Int {
        let memory = OwnedDescriptor(adopting: open("/proc/self/mem", O_RDONLY | O_CLOEXEC))
        guard memory.rawValue >= 0, let maps = text("/proc/self/maps") else { return -1 }
        // The secret undisguised, and what is read from memory, lie in one place that does not count and is wiped.
        let size = 1 << 20
        let space = UnsafeMutablePointer<UInt8>.allocate(capacity: size + disguise.count)
        defer {
            cns_wipe(space, size + disguise.count)
            space.deallocate()
        }
        let own = UInt(bitPattern: space)..<UInt(bitPattern: space) + UInt(size + disguise.count)
        for (index, byte) in disguise.enumerated() { space[size + index] = ~byte }
        var copies = 0
        for line in maps.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 1, fields[1].hasPrefix("rw") else { continue }
            let bounds = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            guard bounds.count == 2 else { continue }
            var start = bounds[0]
            while start < bounds[1] {
                let count = pread(memory.rawValue, space, min(size, Int(bounds[1] - start)), off_t(start))
                guard count > 0 else { break }
                copies += occurrences(of: space + size, in: space, count) { !own.contains(start + UInt($0)) }
                // The next piece overlaps, so that nothing is missed between two.
                let isLast = start + UInt(count) >= bounds[1] || count <= disguise.count
                start += UInt(isLast ? count : count - disguise.count + 1)
            }
        }
        return copies
    }

    private func occurrences(
        of secret: UnsafePointer<UInt8>,
        in bytes: UnsafePointer<UInt8>,
        _ count: Int,
        where counts: (Int) -> Bool
    ) -> Int {
        var found = 0
        var position = 0
        let end = count - disguise.count
        while position <= end, let next = memchr(bytes + position, Int32(secret[0]), end - position + 1) {
            position = next - UnsafeMutableRawPointer(mutating: bytes)
            if memcmp(next, secret, disguise.count) == 0, counts(position) { found += 1 }
            position += 1
        }
        return found
    }

    private func text(_ path: String) -> String? {
        let file = OwnedDescriptor(adopting: open(path, O_RDONLY | O_CLOEXEC))
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(file.rawValue, &chunk, chunk.count)
            guard count >= 0 else { return nil }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
    }
}
