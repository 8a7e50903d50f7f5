import NIOCore
import Testing

@testable import SandboxServer

@Suite struct TerminalRingTests {
    private func all(_ ring: TerminalRing, from position: Int) -> [UInt8]? {
        var (position, bytes): (Int, [UInt8]) = (position, [])
        while true {
            switch ring.piece(at: position) {
            case .bytes(let piece):
                bytes += piece.readableBytesView
                position += piece.readableBytes
            case .upToDate: return bytes
            case .lost: return nil
            }
        }
    }

    @Test func `output is kept by its position, oldest first to go`() {
        var ring = TerminalRing(capacity: 10, chunkBytes: 4)
        for byte in UInt8(0)..<30 { ring.append(ByteBuffer(bytes: [byte])) }
        #expect(ring.end == 30 && ring.start <= 20 && ring.start > 20 - 4)
        #expect(all(ring, from: 20) == Array(20..<30) && all(ring, from: 27) == [27, 28, 29])
        #expect(ring.piece(at: 30) == .upToDate && ring.piece(at: 10) == .lost)
        #expect(ring.position(ofLast: 5) == 25 && ring.position(ofLast: 1000) == ring.start)
    }

    @Test func `large and small pieces come out the same`() {
        var ring = TerminalRing(capacity: 100, chunkBytes: 16)
        let bytes = (0..<90).map { UInt8($0) }
        ring.append(ByteBuffer(bytes: bytes[..<1]))
        ring.append(ByteBuffer(bytes: bytes[1..<70]))
        ring.append(ByteBuffer(bytes: bytes[70...]))
        #expect(all(ring, from: 0) == bytes && all(ring, from: 33) == Array(bytes[33...]))
    }

    @Test func `nobody is served output twice or without a gap noticed`() async throws {
        let output = TerminalOutput {}
        let (fast, fastEnd) = output.attach()
        let (slow, _) = output.attach()
        #expect(output.replay(fast, until: fastEnd).readableBytes == 0)
        let piece = ByteBuffer(repeating: 7, count: 16_384)
        var read = 0
        for _ in 0..<100 {
            // As after the second that the source waits for one that does not come nearer.
            if !output.append(piece) { #expect(!output.losePatience()) }
            guard case .bytes(let bytes) = try await output.next(fast) else { break }
            read += bytes.readableBytes
        }
        #expect(read == 100 * 16_384)
        guard case .lost = try await output.next(slow) else {
            Issue.record("a reader that was overtaken must be told")
            return
        }
    }

    @Test func `when even the nearest reader is far behind the source waits, and goes on when it has read or left`()
        async throws
    {
        let released = AsyncStream<Void>.makeStream()
        let output = TerminalOutput { released.continuation.yield() }
        let piece = ByteBuffer(repeating: 7, count: 16_384)
        // Without readers nothing waits.
        for _ in 0..<100 { #expect(output.append(piece)) }
        let (reader, _) = output.attach()
        var accepted = 0
        while output.append(piece) { accepted += 1 }
        #expect(accepted > 10 && accepted < 40)
        var wakes = released.stream.makeAsyncIterator()
        while case .bytes = try await output.next(reader), accepted > 0 { accepted -= 1 }
        await wakes.next()
        while output.append(piece) {}
        output.detach(reader)
        await wakes.next()
    }

    @Test func `the source waits for those that keep up, and for a while for those that do not`() {
        var readers = TerminalReaders(window: 100)
        let (near, far) = (readers.add(at: 0), readers.add(at: 0))
        let small = readers.grew(end: 100)
        let large = readers.grew(end: 101)
        #expect(!small && large)
        // Half of the window must be left for both.
        let one = readers.move(near, to: 101, end: 101)
        let notYet = readers.move(far, to: 50, end: 101)
        let both = readers.move(far, to: 51, end: 101)
        #expect(!one && !notYet && both && !readers.isHeld)
        let again = readers.grew(end: 152)
        let other = readers.move(near, to: 152, end: 152)
        let lost = readers.losePatience(end: 152)
        #expect(again && !other && lost)
        // Now only the nearest counts, and always.
        let alone = readers.grew(end: 252)
        let behind = readers.grew(end: 253)
        let patience = readers.losePatience(end: 253)
        #expect(!alone && behind && !patience)
        let gone = readers.remove(near, end: 253)
        #expect(!gone)
        let caughtUp = readers.move(far, to: 253, end: 253)
        #expect(caughtUp && readers.position(of: far) == 253 && readers.position(of: near) == nil)
    }
}
