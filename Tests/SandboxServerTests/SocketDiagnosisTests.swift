import Testing

@testable import SandboxServer

@Suite struct SocketDiagnosisTests {
    private static let addresses = PeerAddresses(
        peer: .init(address: [127, 0, 0, 1], port: 0x1234),
        local: .init(address: [127, 0, 0, 1], port: 8080)
    )

    private func reply(
        state: UInt8 = 1,
        uid: UInt8 = 9,
        inode: UInt8 = 5,
        sequence: UInt8 = 1,
        port: UInt8 = 0x12
    )
        -> [UInt8]
    {
        var bytes = [UInt8](repeating: 0, count: 88)
        bytes[0] = 88
        bytes[4] = 20
        bytes[8] = sequence
        bytes[16] = 2
        bytes[17] = state
        bytes.replaceSubrange(20..<24, with: [port, 0x34, 0x1F, 0x90])
        bytes[80] = uid
        bytes[84] = inode
        return bytes
    }

    @Test func `the request is exactly the kernel's structure`() {
        let bytes = SocketDiagnosis.request(Self.addresses, sequence: 1)
        #expect(bytes.count == 72 && bytes[0] == 72 && bytes[4] == 20 && bytes[6] == 1 && bytes[8] == 1)
        #expect(Array(bytes[16..<24]) == [2, 6, 0, 0, 255, 255, 255, 255])
        #expect(Array(bytes[24..<32]) == [0x12, 0x34, 0x1F, 0x90, 127, 0, 0, 1])
        #expect(Array(bytes[44..<48]) == [127, 0, 0, 1] && bytes[64...].allSatisfy { $0 == 255 })
    }

    @Test func `a socket's owner is read`() {
        let answer = SocketDiagnosis.answer(reply(), to: Self.addresses, sequence: 1)
        #expect(answer == .socket(state: 1, uid: 9, inode: 5))
    }

    @Test func `no entry, foreign and broken replies are told apart`() {
        var error = [UInt8](repeating: 0, count: 36)
        error[0] = 36
        error[4] = 2
        error[8] = 1
        error.replaceSubrange(16..<20, with: [0xFE, 0xFF, 0xFF, 0xFF])
        #expect(SocketDiagnosis.answer(error, to: Self.addresses, sequence: 1) == .notFound)
        error[16] = 0xFF
        #expect(SocketDiagnosis.answer(error, to: Self.addresses, sequence: 1) == .unreadable)
        #expect(SocketDiagnosis.answer(reply(sequence: 2), to: Self.addresses, sequence: 1) == .unreadable)
        #expect(SocketDiagnosis.answer(reply(port: 0x13), to: Self.addresses, sequence: 1) == .unreadable)
        for count in 0..<88 {
            let part = Array(reply()[..<count])
            #expect(SocketDiagnosis.answer(part, to: Self.addresses, sequence: 1) == .unreadable)
        }
    }

    @Test(
        arguments: [
            (.socket(state: 1, uid: 2, inode: 5), .sandboxed), (.socket(state: 8, uid: 3, inode: 5), .sandboxed),
            (.socket(state: 1, uid: 0, inode: 5), .permitted), (.socket(state: 1, uid: 0, inode: 0), .unidentified),
            (.socket(state: 6, uid: 0, inode: 0), .unidentified), (.socket(state: 10, uid: 0, inode: 5), .unidentified),
            (.notFound, .unidentified), (.unreadable, .unidentified),
        ] as [(SocketDiagnosis.Answer, PeerPolicy.Verdict)]
    )
    func `callers on this host need an owner that is not the sandbox`(
        _ answer: SocketDiagnosis.Answer,
        _ verdict: PeerPolicy.Verdict
    ) {
        let policy = PeerPolicy(sandboxUIDs: [2, 3])
        #expect(policy.verdict(answer, Self.addresses) { false } == verdict)
        #expect(PeerPolicy(sandboxUIDs: nil).verdict(answer, Self.addresses) { true } == .permitted)
    }

    @Test func `callers from elsewhere are not in our tables`() {
        let remote = PeerAddresses(
            peer: .init(address: [10, 0, 0, 7], port: 1),
            local: .init(address: [10, 0, 0, 2], port: 8080)
        )
        let policy = PeerPolicy(sandboxUIDs: [2])
        #expect(policy.verdict(.notFound, remote) { false } == .permitted)
        #expect(policy.verdict(.notFound, remote) { true } == .unidentified)
    }

    @Test func `mapped addresses are IPv4`() {
        let mapped = PeerAddresses.End(
            address: [UInt8](repeating: 0, count: 10) + [255, 255, 127, 0, 0, 5],
            port: 1
        )
        #expect(mapped.address == [127, 0, 0, 5] && mapped.isLoopback)
        #expect(PeerAddresses.End(address: [UInt8](repeating: 0, count: 15) + [1], port: 1).isLoopback)
        #expect(!PeerAddresses.End(address: [UInt8](repeating: 0, count: 16), port: 1).isLoopback)
    }
}
