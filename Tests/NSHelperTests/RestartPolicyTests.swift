import Testing

@testable import NSHelper

struct RestartPolicyTests {
    private func waits(_ policy: inout RestartPolicy, _ lives: [UInt64]) -> [UInt64] {
        lives.map { lived in
            guard case .restart(let wait) = policy.ended(exitCode: 1, livedMicroseconds: lived) else { return .max }
            return wait
        }
    }

    @Test func aServerThatKeepsFailingIsStartedEverMoreSlowlyUpToFiveSeconds() {
        var policy = RestartPolicy()
        let expected: [UInt64] = [
            100_000, 200_000, 400_000, 800_000, 1_600_000, 3_200_000, 5_000_000, 5_000_000, 5_000_000,
        ]
        #expect(waits(&policy, Array(repeating: 0, count: 9)) == expected)
        #expect(policy.restarts == 9)
    }

    @Test func aServerThatLivedIsStartedAtOnceAgain() {
        var policy = RestartPolicy()
        #expect(waits(&policy, [0, 0, 0, 9_999_999]) == [100_000, 200_000, 400_000, 800_000])
        #expect(waits(&policy, [10_000_000, 0]) == [100_000, 200_000])
        #expect(waits(&policy, [.max]) == [100_000])
    }

    @Test func aConfigurationThatCannotWorkEndsThePairHoweverLongTheServerLived() {
        for lived: UInt64 in [0, 10_000_000, .max] {
            var policy = RestartPolicy()
            #expect(policy.ended(exitCode: 78, livedMicroseconds: lived) == .giveUp)
            #expect(policy.restarts == 0)
        }
        #expect(RestartPolicy.configurationError == 78)
    }

    @Test func everyOtherEndRestarts() {
        for code in (UInt8.min...UInt8.max).map(Optional.some) + [nil] where code != 78 {
            var policy = RestartPolicy()
            #expect(policy.ended(exitCode: code, livedMicroseconds: 0) == .restart(afterMicroseconds: 100_000))
        }
    }

    @Test func itNeverStopsTryingNorOverflows() {
        var policy = RestartPolicy()
        for _ in 0..<10_000 { _ = policy.ended(exitCode: nil, livedMicroseconds: 1) }
        #expect(policy.ended(exitCode: nil, livedMicroseconds: 1) == .restart(afterMicroseconds: 5_000_000))
        #expect(policy.restarts == 10_001)
    }
}
