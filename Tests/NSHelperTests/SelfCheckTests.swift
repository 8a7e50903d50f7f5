import HelperProtocol
import Testing

@testable import NSHelper

struct SelfCheckTests {
    /// capability.h.
    private let numbers: [(String, UInt64)] = [
        ("SYS_ADMIN", 21), ("SYS_CHROOT", 18), ("SETUID", 7), ("SETGID", 6), ("SETPCAP", 8), ("KILL", 5),
    ]

    @Test func theSixCapabilitiesAreTheDocumentedOnesAndEachHasAReason() {
        #expect(SelfCheck.capabilities.map(\.name) == numbers.map(\.0))
        #expect(SelfCheck.capabilities.allSatisfy { $0.reason.utf8CodeUnitCount > 10 })
        #expect(SelfCheck.mask == numbers.reduce(0) { $0 | 1 << $1.1 })
    }

    @Test func whatIsMissingIsNamed() {
        #expect(SelfCheck.missing(SelfCheck.mask).isEmpty)
        #expect(SelfCheck.missing(.max).isEmpty)
        #expect(SelfCheck.missing(0) == numbers.map(\.0))
        for (name, number) in numbers { #expect(SelfCheck.missing(~(1 << number)) == [name]) }
        #expect(SelfCheck.missing(1 << 5) == numbers.map(\.0).filter { $0 != "KILL" })
    }

    @Test func aProcessWithManyThreadsIsTurnedAwayBeforeAnythingIsTried() throws {
        // The test process has threads, and is root or not: one of the three checks objects.
        for mode in [IsolationMode.namespaces, .users] {
            let failure = try #require(SelfCheck.failure(mode))
            #expect([.helperIdentity, .helperCapabilities, .helperThreads].contains(failure.stage))
            #expect(!failure.remedy.isEmpty)
        }
        #expect(SelfCheck.failure(.none) == nil)
    }

    @Test func lettersAreLoweredInASCIIOnly() {
        #expect("SYS_ADMIN_9Ä".asciiLowercased == "sys_admin_9Ä")
    }
}
