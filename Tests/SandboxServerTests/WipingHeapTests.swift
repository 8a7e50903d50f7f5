import CWipingHeap
import Glibc
import Testing

/// The heap of the server's program, which is the heap of this test's too.
@Suite struct WipingHeapTests {
    private static func fill(_ memory: UnsafeMutableRawPointer, _ count: Int) {
        memset(memory, 0x5A, count)
    }

    /// The bytes at an address, by way of the kernel: nobody may look at freed memory directly.
    private static func bytes(at address: UInt, _ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0xFF, count: count)
        let memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC)
        defer { close(memory) }
        return pread(memory, &bytes, count, off_t(address)) == count ? bytes : []
    }

    /// Sizes that glibc keeps in different places when they are free.
    @Test(arguments: [24, 200, 1000, 5000, 100_000])
    func `a freed block holds nothing of what was in it`(_ size: Int) throws {
        let memory = try #require(malloc(size))
        Self.fill(memory, size)
        let address = UInt(bitPattern: memory)
        free(memory)
        // The allocator's own notes stand in the first words; and this process has gone on using its heap.
        let left = Self.bytes(at: address, size)
        #expect(left.count == size && !left.contains([0x5A, 0x5A, 0x5A, 0x5A, 0x5A, 0x5A, 0x5A, 0x5A]))
    }

    @Test(arguments: [(5000, 9000), (5000, 40)])
    func `nor does one that was outgrown or shrunk`(_ sizes: (before: Int, after: Int)) throws {
        let memory = try #require(malloc(sizes.before))
        Self.fill(memory, sizes.before)
        let address = UInt(bitPattern: memory)
        let moved = try #require(realloc(memory, sizes.after))
        defer { free(moved) }
        let kept = UnsafeRawBufferPointer(start: moved, count: min(sizes.before, sizes.after))
        #expect(kept.allSatisfy { $0 == 0x5A })
        let left = Self.bytes(at: address, sizes.before)
        #expect(left.count == sizes.before && !left.contains([UInt8](repeating: 0x5A, count: 64)))
    }

    @Test func `libc frees its own blocks through it`() {
        #expect(cwh_is_active() == 1)
    }
}
