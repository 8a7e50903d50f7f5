import Testing

@testable import NSHelper

struct WatchdogTests {
    @Test func aServerThatSpeaksInTimeIsLeftAlone() {
        var watchdog = Watchdog(limitMilliseconds: 1000, now: 5)
        for now in stride(from: UInt64(900_000), to: 9_000_000, by: 900_000) {
            #expect(watchdog.decide(now) == .wait)
            watchdog.heard(now)
            #expect(watchdog.deadlineMicroseconds == now + 1_000_000)
        }
    }

    @Test func aSilentServerIsKilledOnceAndNotBeforeItsTime() {
        var watchdog = Watchdog(limitMilliseconds: 1000, now: 5)
        #expect(watchdog.decide(1_000_004) == .wait)
        #expect(watchdog.decide(1_000_005) == .kill)
        #expect(watchdog.decide(1_000_006) == .wait)
        #expect(watchdog.deadlineMicroseconds == nil)
    }

    @Test func aHelperThatStoodStillItselfGivesTheServerItsTimeAgain() {
        var watchdog = Watchdog(limitMilliseconds: 1000, now: 0)
        #expect(watchdog.decide(2_000_001) == .wait)
        #expect(watchdog.deadlineMicroseconds == 3_000_001)
        #expect(watchdog.decide(3_000_001) == .kill)
        var punctual = Watchdog(limitMilliseconds: 1000, now: 0)
        #expect(punctual.decide(2_000_000) == .kill)
    }

    @Test func withoutALimitNobodyIsWatched() {
        var watchdog = Watchdog(limitMilliseconds: 0, now: 0)
        #expect(watchdog.deadlineMicroseconds == nil)
        #expect(watchdog.decide(.max) == .wait)
        watchdog.heard(1)
        #expect(watchdog.decide(.max) == .wait)
    }
}
