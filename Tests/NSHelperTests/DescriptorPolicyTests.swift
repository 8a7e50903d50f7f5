import Glibc
import HelperProtocol
import HelperTransport
import Testing

@testable import NSHelper

/// Real descriptors of every kind a peer could send.
struct DescriptorPolicyTests {
    private func verdict(_ descriptor: borrowing OwnedDescriptor) -> HelperFailure? {
        #expect(descriptor.rawValue >= 0, "the test could not open its descriptor")
        do {
            try DescriptorPolicy.check(descriptor.rawValue)
            return nil
        } catch { return error }
    }

    private let refusal = HelperFailure(.unacceptableDescriptor, stage: .standardStreams)

    private func open(_ path: String, _ flags: Int32) -> OwnedDescriptor {
        OwnedDescriptor(adopting: Glibc.open(path, flags | O_CLOEXEC))
    }

    private func socket(_ domain: Int32, _ type: __socket_type) -> OwnedDescriptor {
        OwnedDescriptor(adopting: Glibc.socket(domain, Int32(type.rawValue), 0))
    }

    /// Both ends of a socket pair.
    private func pair(_ type: __socket_type) -> [Int32] {
        var ends: [Int32] = [-1, -1]
        #expect(socketpair(AF_UNIX, Int32(type.rawValue), 0, &ends) == 0)
        return ends
    }

    @Test func bothEndsOfAPipeMayBecomeStreams() {
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0)
        for end in ends { #expect(verdict(OwnedDescriptor(adopting: end)) == nil) }
    }

    @Test func aConnectedStreamSocketMayBecomeAStream() {
        for end in pair(SOCK_STREAM) { #expect(verdict(OwnedDescriptor(adopting: end)) == nil) }
    }

    @Test func theNullDeviceMayBecomeAStream() {
        for flags in [O_RDONLY, O_WRONLY, O_RDWR] { #expect(verdict(open("/dev/null", flags)) == nil) }
    }

    @Test func socketsThatKeepRecordsAreRefused() {
        for type in [SOCK_DGRAM, SOCK_SEQPACKET] {
            for end in pair(type) { #expect(verdict(OwnedDescriptor(adopting: end)) == refusal) }
        }
    }

    @Test func aSocketWithoutAPeerIsRefused() {
        #expect(verdict(socket(AF_UNIX, SOCK_STREAM)) == refusal)
    }

    @Test func aSocketOfTheNetworkIsRefusedConnectedOrNot() throws {
        #expect(verdict(socket(AF_INET, SOCK_STREAM)) == refusal)
        #expect(verdict(socket(AF_INET6, SOCK_STREAM)) == refusal)
        let listener = try LoopbackListener()
        #expect(verdict(OwnedDescriptor(adopting: dup(listener.rawValue))) == refusal)
        let client = try listener.connect()
        #expect(verdict(client) == refusal)
    }

    @Test func aDirectoryIsRefusedHoweverItIsOpened() {
        for flags in [O_RDONLY, O_DIRECTORY, Kernel.openPath, Kernel.openPath | O_DIRECTORY] {
            #expect(verdict(open("/", flags)) == refusal)
        }
    }

    @Test func aPlaceThatWasNeverOpenedIsRefusedWhateverLiesThere() {
        #expect(verdict(open("/dev/null", Kernel.openPath)) == refusal)
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0)
        let reading = OwnedDescriptor(adopting: ends[0])
        let writing = OwnedDescriptor(adopting: ends[1])
        #expect(verdict(open("/proc/self/fd/\(reading.rawValue)", Kernel.openPath)) == refusal)
        #expect(verdict(writing) == nil)
    }

    @Test func aFileIsRefusedOnDiskAndInMemory() {
        #expect(verdict(open("/proc/self/exe", O_RDONLY)) == refusal)
        #expect(verdict(open("/proc/self/status", O_RDONLY)) == refusal)
        #expect(verdict(open("/tmp", O_RDWR | Kernel.openTemporary | O_DIRECTORY)) == refusal)
        #expect(verdict(Kernel.memoryFile()) == refusal)
    }

    @Test func anonymousObjectsOfTheKernelAreRefused() {
        #expect(verdict(Kernel.epoll()) == refusal)
        #expect(verdict(Kernel.eventCounter()) == refusal)
        #expect(verdict(OwnedDescriptor(adopting: inotify_init1(0))) == refusal)
        #expect(verdict(Kernel.timer()) == refusal)
        #expect(verdict(open("/proc/self/ns/mnt", O_RDONLY)) == refusal)
    }

    @Test(arguments: ["/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"])
    func otherDevicesAreRefused(path: String) {
        #expect(verdict(open(path, O_RDONLY)) == refusal)
    }

    @Test func bothEndsOfATerminalAreRefused() throws {
        let master = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        #expect(verdict(master) == refusal)
        let path = try #require(Kernel.slavePath(of: master.rawValue))
        #expect(verdict(open(path, O_RDWR | O_NOCTTY)) == refusal)
    }

    @Test func aNumberThatIsNotOpenIsRefusedWithTheKernelsReason() {
        let failure = HelperFailure(.unacceptableDescriptor, stage: .standardStreams, errno: EBADF)
        #expect(throws: failure) { try DescriptorPolicy.check(-1) }
        #expect(throws: failure) { try DescriptorPolicy.check(1_000_000) }
    }
}
