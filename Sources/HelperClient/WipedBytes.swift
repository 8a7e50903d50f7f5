import Glibc

/// Memory that is overwritten before it is given back. explicit_bzero(3): the compiler may not drop it.
struct WipedBytes: ~Copyable {
    let memory: UnsafeMutableRawBufferPointer

    init(count: Int) {
        memory = .allocate(byteCount: count, alignment: 8)
    }

    deinit {
        if let start = memory.baseAddress { explicit_bzero(start, memory.count) }
        memory.deallocate()
    }
}
