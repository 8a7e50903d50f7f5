import Glibc
import Testing

@testable import NSHelper

/// The rules that look at arguments, run with the real programs.
struct SystemCallPolicyTests {
    private static let both: [FilterName] = [.user, .secure]

    // MARK: Sockets

    @Test(arguments: both, ["socket", "socketpair"])
    func onlyFourSocketFamiliesExist(filter: FilterName, call: String) throws {
        let allowed: Set<UInt64> = [1, 2, 10, 16]
        for family in UInt64(0)...50 {
            let expected: FilterMachine.Answer = allowed.contains(family) ? .allow : .error(EAFNOSUPPORT)
            #expect(try Filters.answer(filter, call, [family, 1, 0]) == expected, "\(family)")
        }
    }

    @Test(arguments: both, ["socket", "socketpair"])
    func aFamilyCannotHideBehindHighBits(filter: FilterName, call: String) throws {
        // The kernel looks at 32 bits, a filter at 64: a family that is rare in 32 must not look common in 64.
        for family in UInt64(0)...50 where ![1, 2, 10, 16].contains(family) {
            for high: UInt64 in [1 << 32, 1 << 63, 0xFFFF_FFFF << 32] {
                #expect(try Filters.answer(filter, call, [high | family, 1, 0]) == .error(EAFNOSUPPORT))
            }
        }
        for family in [UInt64.max, UInt64(UInt32.max), 1 << 31] {
            #expect(try Filters.answer(filter, call, [family, 1, 0]) == .error(EAFNOSUPPORT))
        }
    }

    @Test(arguments: both)
    func onlyRoutingAndSocketDiagnosisAreSpokenOverNetlink(filter: FilterName) throws {
        for number in UInt64(0)...40 {
            let expected: FilterMachine.Answer = [0, 4].contains(number) ? .allow : .error(EPROTONOSUPPORT)
            #expect(try Filters.answer(filter, "socket", [16, 3, number]) == expected, "\(number)")
            guard ![0, 4].contains(number) else { continue }
            for high: UInt64 in [1 << 32, 1 << 63] {
                #expect(try Filters.answer(filter, "socket", [16, 3, high | number]) == .error(EPROTONOSUPPORT))
            }
        }
    }

    @Test(arguments: both)
    func protocolsOfOtherFamiliesAreNotNetlinks(filter: FilterName) throws {
        for family: UInt64 in [1, 2, 10] {
            for number in UInt64(0)...300 {
                #expect(try Filters.answer(filter, "socket", [family, 2, number]) == .allow)
            }
        }
    }

    // MARK: Namespaces

    @Test(arguments: both)
    func cloneMakesNoNamespaceWhateverElseItIsAskedFor(filter: FilterName) throws {
        let namespaces: Set<UInt64> = [
            0x0002_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000,
        ]
        let companions: [UInt64] = [0, 17, 0x003D_0F00, 1 << 32, ~namespaces.reduce(0, |)]
        for bit in (0..<64).map({ UInt64(1) << $0 }) {
            for others in companions {
                let expected: FilterMachine.Answer = namespaces.contains(bit) ? .error(EPERM) : .allow
                #expect(try Filters.answer(filter, "clone", [bit | others]) == expected, "\(bit) \(others)")
            }
        }
    }

    @Test(arguments: both)
    func cloneStillMakesThreadsAndProcesses(filter: FilterName) throws {
        // fork of glibc, pthread_create, vfork of posix_spawn.
        for flags: UInt64 in [0x0120_0011, 0x003D_0F00, 0x4111] {
            #expect(try Filters.answer(filter, "clone", [flags]) == .allow)
        }
    }

    // MARK: Terminals

    @Test(arguments: both)
    func whatTerminalsAreNotAskedIsDeniedWithHighBitsSetToo(filter: FilterName) throws {
        for request: UInt64 in [0x5412, 0x541C, 0x5423] {
            for high in [0, 1 << 32, 1 << 63, 0xFFFF_FFFF_0000_0000] as [UInt64] {
                #expect(try Filters.answer(filter, "ioctl", [0, high | request]) == .error(EPERM))
            }
            for bit in (0..<32).map({ UInt64(1) << $0 }) {
                #expect(try Filters.answer(filter, "ioctl", [0, request ^ bit]) == .allow)
            }
        }
        // The request's number as another argument means nothing.
        #expect(try Filters.answer(filter, "ioctl", [0x5412, 0x5401, 0x5412]) == .allow)
    }

    // MARK: Personality

    private static func allowedBits(_ filter: FilterName) -> [UInt64] {
        [0x8, 0x20000] + (filter == .user ? [0x40000] : [])
    }

    private static func combinations(_ bits: [UInt64]) -> [UInt64] {
        (0..<(1 << bits.count)).map { chosen in
            bits.enumerated().reduce(0) { $0 | (chosen >> $1.offset & 1 == 1 ? $1.element : 0) }
        }
    }

    @Test(arguments: both)
    func everyCombinationOfAllowedPersonalityBitsPasses(filter: FilterName) throws {
        let combinations = Self.combinations(Self.allowedBits(filter))
        #expect(combinations.count == (filter == .user ? 8 : 4))
        for value in combinations {
            #expect(try Filters.answer(filter, "personality", [value]) == .allow, "\(value)")
            // The kernel reads 32 bits: what is above them changes nothing.
            #expect(try Filters.answer(filter, "personality", [value | 1 << 40]) == .allow)
        }
    }

    @Test(arguments: both)
    func everyForbiddenPersonalityBitIsDeniedInAnyCompany(filter: FilterName) throws {
        let allowed = Self.allowedBits(filter)
        for bit in (0..<32).map({ UInt64(1) << $0 }) where !allowed.contains(bit) {
            for others in Self.combinations(allowed) {
                #expect(try Filters.answer(filter, "personality", [bit | others]) == .error(EPERM), "\(bit) \(others)")
            }
        }
    }

    @Test(arguments: both)
    func theQueryOfThePersonalityPassesAndNothingThatLooksLikeIt(filter: FilterName) throws {
        let query: UInt64 = 0xFFFF_FFFF
        #expect(try Filters.answer(filter, "personality", [query]) == .allow)
        #expect(try Filters.answer(filter, "personality", [.max]) == .allow)
        for first in 0..<32 {
            for second in first..<32 {
                let value = query & ~(UInt64(1) << first) & ~(UInt64(1) << second)
                #expect(try Filters.answer(filter, "personality", [value]) == .error(EPERM), "\(value)")
            }
        }
    }

    @Test(arguments: both)
    func anyPersonalityIsJudgedLikeThePlainRule(filter: FilterName) throws {
        let allowed = Self.allowedBits(filter).reduce(0, |)
        var source = Noise(state: 7)
        for _ in 0..<20_000 {
            // Few bits, many bits, or a mixture.
            let raw = UInt64(source.next() as UInt32)
            let more = UInt64(source.next() as UInt32)
            let value = [raw, raw & more, raw | more, raw & allowed][Int(source.next() % UInt64(4))]
            let passes = value & ~allowed == 0 || value == 0xFFFF_FFFF
            #expect(try Filters.answer(filter, "personality", [value]) == (passes ? .allow : .error(EPERM)), "\(value)")
        }
    }

    @Test func onlyUserMaySwitchAddressRandomizationOff() throws {
        #expect(try Filters.answer(.user, "personality", [0x40000]) == .allow)
        #expect(try Filters.answer(.secure, "personality", [0x40000]) == .error(EPERM))
    }

    // MARK: The table

    @Test func everyRuleSaysWhy() {
        for filter in FilterName.allCases {
            for rule in SystemCallPolicy.rules(filter) {
                #expect(!rule.names.isEmpty)
                #expect(rule.reason.utf8CodeUnitCount > 5, "\(rule.names)")
            }
        }
    }

    @Test func onlyTheFiltersOfInitsAndKeepersAreAllowLists() {
        for filter in FilterName.allCases {
            let allows = filter == .namespaceInit || filter == .keeper
            #expect(SystemCallPolicy.defaultError(filter) == (allows ? EPERM : 0))
            for rule in SystemCallPolicy.rules(filter) { #expect((rule.error == 0) == allows) }
        }
    }

    // MARK: The one uid of mode landlock

    @Test(arguments: [FilterName.domainUser, .domainCell])
    func whatAsksForTheSameUIDOnlyReachesOnlyTheCaller(filter: FilterName) throws {
        for call in ["prlimit64", "sched_setscheduler", "sched_setparam", "sched_setattr", "sched_setaffinity"] {
            #expect(try Filters.answer(filter, call, [0, 1, 0]) == .allow, "\(call)")
            for pid: UInt64 in [1, 4711, 1 << 32 | 5, UInt64(UInt32.max)] {
                #expect(try Filters.answer(filter, call, [pid, 1, 0]) == .error(EPERM), "\(call) \(pid)")
            }
        }
        for (call, own) in [("setpriority", UInt64(0)), ("ioprio_set", 1)] {
            for which in UInt64(0)...3 {
                #expect(try Filters.answer(filter, call, [which, 0, 5]) == (which == own ? .allow : .error(EPERM)))
                #expect(try Filters.answer(filter, call, [which, 7, 5]) == .error(EPERM))
            }
        }
        #expect(try Filters.answer(filter, "prctl", [62, 1, 9, 0]) == .error(EPERM))
        #expect(try Filters.answer(filter, "prctl", [1 << 32 | 62, 1, 9, 0]) == .error(EPERM))
        #expect(try Filters.answer(filter, "prctl", [15, 1, 9, 0]) == .allow)
        let own: FilterName = filter == .domainUser ? .user : .userCell
        #expect(try Filters.answer(own, "prlimit64", [4711, 7, 0]) == .allow)
    }
}
