import CNamespaceShim
import Glibc
import HelperProtocol
import HelperTransport
import Testing

@testable import NSHelper

/// The runner of the steps and the kernel's own opinion, as far as no privilege is needed.
struct ChildStepsTests {
    @Test func aChildThatGetsToItsEndReportsItsPIDAndNoFailure() throws {
        let outcome = try ChildFixture().run([.defaultSignals, .notDumpable, .newSession, .exit(7)])
        #expect(outcome.failure == nil)
        #expect(outcome.status == 7 << 8)
        #expect(try #require(outcome.pid) > 0)
    }

    @Test func aListThatEndsNowhereStartsNothing() throws {
        let outcome = try ChildFixture().run([.defaultSignals])
        #expect(outcome.failure == HelperFailure(.stepFailed, stage: .report, errno: ECHILD))
        #expect(outcome.status == 127 << 8)
    }

    @Test func nothingRunsAfterAStepThatFailed() throws {
        let steps: [Step] = [.workingDirectory(Array("/nowhere/at/all".utf8)), .exit(0)]
        let outcome = try ChildFixture().run(steps)
        #expect(outcome.failure == HelperFailure(.stepFailed, stage: .workingDirectory, errno: ENOENT))
        #expect(outcome.pid == nil)
        #expect(outcome.status == 127 << 8)
    }

    @Test(arguments: [
        ("/proc", EACCES), ("/proc/self", EACCES), ("/proc/self/fd", EACCES), ("/dev/null", ENOTDIR), ("", ENOENT),
        ("/proc/self/root", 0), ("/", 0),
    ])
    func noWorkingDirectoryIsADoorIntoAnotherProcess(path: String, error: Int32) throws {
        let outcome = try ChildFixture().run([.workingDirectory(Array(path.utf8)), .exit(0)])
        let expected = HelperFailure(.stepFailed, stage: .workingDirectory, errno: error)
        #expect(outcome.failure == (error == 0 ? nil : expected))
    }

    @Test func whatCannotBeExecutedIsAFailureOfThatStep() throws {
        for (path, error) in [("/nowhere", ENOENT), ("/etc", EACCES), ("/dev/null", EACCES)] {
            let outcome = try ChildFixture().run([.execute(Array(path.utf8))])
            #expect(outcome.failure == HelperFailure(.stepFailed, stage: .execute, errno: error), "\(path)")
        }
    }

    @Test func anIdentityThatIsNotTheAskedOneIsNoticed() throws {
        // Supplementary groups, capabilities or the ids themselves: something differs from a child that dropped all.
        let outcome = try ChildFixture().run([.verifyIdentity(uid: 4201, gid: 4301), .exit(0)])
        #expect(outcome.failure == HelperFailure(.stepFailed, stage: .verifyIdentity, errno: EPERM))
    }

    @Test(arguments: [FilterName.user, .secure, .server])
    func theKernelTakesEveryFilter(name: FilterName) throws {
        let outcome = try ChildFixture().run([.noNewPrivileges, .filter(name), .exit(0)])
        #expect(outcome.failure == nil)
        #expect(outcome.status == 0)
    }

    @Test func theServersFilterStopsAnExecution() throws {
        let outcome = try ChildFixture().run([.noNewPrivileges, .filter(.server), .execute(Array("/bin/true".utf8))])
        #expect(outcome.failure == HelperFailure(.stepFailed, stage: .execute, errno: EPERM))
    }

    @Test func anInitReapsUnderItsFilterUntilTheLifelineIsCut() throws {
        let fixture = try ChildFixture()
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        let lifeline = OwnedDescriptor(adopting: ends[0])
        let steps: [Step] = [
            .descriptors([fixture.null.rawValue, fixture.null.rawValue, fixture.null.rawValue, lifeline.rawValue]),
            .noNewPrivileges, .filter(.namespaceInit), .reapForEver(lifeline: 3),
        ]
        let image = CommandImage()
        var spawned = try Spawner.spawn(
            steps,
            kind: .plain,
            pidNamespace: nil,
            context: fixture.context,
            image: image
        )
        spawned.report.drainToEnd(timeoutMilliseconds: 10_000)
        #expect(spawned.report.failure == nil)
        var end = cns_end()
        #expect(cns_reap(spawned.child.pid, 0, &end) == EAGAIN)
        close(ends[1])
        #expect(cns_reap(spawned.child.pid, 1, &end) == 0)
        #expect(end.status == 0)
    }
}
