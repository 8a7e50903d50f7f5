import Glibc
import HelperClient
import HelperProtocol
import SandboxTestSupport
import Testing

/// security.md D20: whichever system call fails on the way to a command, no program starts half-dropped.
///
/// strace counts each process's calls by itself, so `when: 1` fails the helper's own first call and then, in a later
/// spawn, the child's. Hence two spawns a case; what each may answer is a set of stages.
@Suite(.timeLimit(.minutes(20)))
struct FaultInjectionTests {
    struct Fault: Sendable, CustomTestStringConvertible {
        var call: String
        var when = 1
        var error = "EPERM"
        var namespace = SandboxNamespace.user
        /// Stages of a failure; nil: the command may start as well, in its full state.
        var stages: Set<Stage>
        var mayStart = false

        var testDescription: String { "\(namespace.name): \(call) \(when) \(error)" }
    }

    private static func user(_ call: String, _ stages: Stage..., when: Int = 1, error: String = "EPERM") -> Fault {
        Fault(call: call, when: when, error: error, stages: Set(stages))
    }

    private static func secure(_ call: String, _ stages: Stage..., when: Int = 1, error: String = "EPERM") -> Fault {
        Fault(call: call, when: when, error: error, namespace: .secure, stages: Set(stages))
    }

    /// What prctl(2) is first used for; which process of the two on the way comes to which first is open.
    private static let dropping: Set<Stage> = [.notDumpable, .subreaper, .ambientCapabilities, .boundingSet]

    private static let faults: [Fault] = [
        user("clone3", .clone), user("clone3", .clone, error: "EAGAIN"), user("socketpair", .report, error: "EMFILE"),
        user("setns", .joinPIDNamespace, .joinNamespace), user("setns", .joinNamespace, .joinPIDNamespace, when: 3),
        user("rt_sigaction", .signalDispositions), user("prlimit64", .resourceLimits),
        user("prlimit64", .resourceLimits, when: 2), user("setsid", .newSession),
        user("dup2", .closeDescriptors), user("dup3", .closeDescriptors), user("close_range", .closeDescriptors),
        user("keyctl", .keyring, error: "EDQUOT"), user("setgroups", .supplementaryGroups),
        user("setresgid", .groupID), user("setresuid", .userID), user("setresuid", .userID, error: "EAGAIN"),
        user("capset", .capabilities), user("capget", .verifyIdentity), user("getresuid", .verifyIdentity),
        user("getresgid", .verifyIdentity), user("getgroups", .verifyIdentity), user("chdir", .workingDirectory),
        user("getcwd", .workingDirectory), user("rt_sigprocmask", .signalMask), user("seccomp", .systemCallFilter),
        user("seccomp", .systemCallFilter, error: "ENOMEM"), user("pidfd_open", .execute, .report),
        // In the child's order: not dumpable, ambient set, bounding set.
        Fault(call: "prctl", namespace: .user, stages: dropping),
        Fault(call: "prctl", when: 2, namespace: .user, stages: dropping),
        Fault(call: "prctl", when: 3, namespace: .user, stages: dropping),
        Fault(call: "prctl", when: 12, namespace: .user, stages: dropping),
        secure("clone", .clone, .fork), secure("clone3", .clone), secure("clone3", .clone, error: "ENOSPC"),
        secure("setns", .joinPIDNamespace, .joinNamespace),
        secure("unshare", .newNamespace), secure("unshare", .newNamespace, error: "ENOSPC"),
        secure("mount", .privateMounts), secure("mount", .mount, when: 2), secure("mount", .mask, when: 3),
        secure("mount_setattr", .mask), secure("setsid", .newSession), secure("prlimit64", .resourceLimits),
        secure("close_range", .closeDescriptors), secure("keyctl", .keyring, error: "EDQUOT"),
        secure("setgroups", .supplementaryGroups), secure("setresgid", .groupID), secure("setresuid", .userID),
        secure("capset", .capabilities), secure("chdir", .workingDirectory), secure("getcwd", .workingDirectory),
        secure("rt_sigprocmask", .signalMask), secure("seccomp", .systemCallFilter),
        Fault(call: "prctl", namespace: .secure, stages: dropping),
        Fault(call: "prctl", when: 3, namespace: .secure, stages: dropping),
    ]

    /// Calls whose number in the child is not worth counting: each of them fails once.
    private static let sweeps: [Fault] = [SandboxNamespace.user, .secure].flatMap { namespace in
        (1...8).map {
            Fault(call: "mount", when: $0 * 3, namespace: namespace, stages: Set(Stage.allCases), mayStart: true)
        }
            + [4, 20, 44, 50, 60, 100, 150, 175, 176, 177, 178, 179, 180, 181].map {
                Fault(call: "prctl", when: $0, namespace: namespace, stages: Set(Stage.allCases), mayStart: true)
            }
    }

    @Test(arguments: faults + sweeps)
    func `a failed call starts nothing and names its step`(fault: Fault) async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let probe = try pair.installStateProbe()
            let before = Set(pair.processes)
            let tracer = try await inject("\(fault.call):error=\(fault.error):when=\(fault.when)", into: pair)
            var outcomes: [String] = []
            for _ in 0..<2 { outcomes.append(try await attempt(probe, fault, pair)) }
            tracer.signal(SIGTERM)
            _ = try await tracer.end
            #expect(
                fault.mayStart || outcomes.contains { $0 != "started" },
                "the fault was never injected: \(outcomes)"
            )
            // A reply may come a moment before the failed child has been reaped; the next request is answered after.
            let after = try await pair.run([probe], in: fault.namespace)
            let state = try StateRecord(after.output)
            #expect(state.isHarmless(uid: fault.namespace == .user ? pair.ids.user : pair.ids.secure))
            let left = Set(pair.processes).subtracting(before)
            #expect(left == [], "\(outcomes): \(left.map { ProcessFile.name($0) ?? "gone" })")
            let status = try await pair.client.status()
            #expect(status.processes == [])
        }
    }

    @Test(arguments: [SandboxNamespace.user, .secure])
    func `a child that dies before its program starts is no program`(namespace: SandboxNamespace) async throws {
        // An injected error turns the call's number into -1, for which the filter kills: by then it stands.
        try await PairFixture.with(.helperOnly) { pair in
            let probe = try pair.installStateProbe()
            let tracer = try await inject("execve:error=ENOMEM:when=1", into: pair)
            do {
                let result = try await pair.run([probe], in: namespace)
                #expect(result.status.cause == .signaled(31))
                #expect(result.output.isEmpty)
            } catch HelperClientError.refused(let failure) {
                #expect([.execute, .report].contains(failure.stage))
            }
            tracer.signal(SIGTERM)
            _ = try await tracer.end
        }
    }

    @Test func `a helper that cannot return to its own namespace ends, and everything with it`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let watches = try pair.processes.map { try ProcessWatch($0) }
            let tracer = try await inject("setns:error=EPERM:when=2", into: pair)
            await #expect(throws: HelperClientError.connectionLost) { try await pair.run(["true"], in: .secure) }
            for watch in watches { try await watch.end() }
            let end = try await pair.helper.end
            #expect(end != .exited(0))
            _ = try await tracer.end
        }
    }

    /// One spawn: what the helper said, checked against what the program, if there was one, says about itself.
    private func attempt(_ probe: String, _ fault: Fault, _ pair: Pair) async throws -> String {
        do {
            let result = try await pair.run([probe], in: fault.namespace)
            // A started command is whole: the fault hit somebody else, or a check that had nothing to find.
            let uid = fault.namespace == .user ? pair.ids.user : pair.ids.secure
            if result.status.cause == .exited(0) {
                let state = try StateRecord(result.output)
                #expect(state.isHarmless(uid: uid), "\(fault.testDescription)")
            } else {
                #expect(fault.mayStart && result.output.isEmpty, "\(fault.testDescription): \(result.status)")
            }
            return "started"
        } catch HelperClientError.refused(let failure) {
            #expect(failure.code == .stepFailed)
            #expect(fault.stages.contains(failure.stage), "\(fault.testDescription): \(failure.stage.name)")
            return failure.stage.name
        }
    }

    /// Attaches strace to the helper and everything it will clone.
    private func inject(_ fault: String, into pair: Pair) async throws -> ChildProcess {
        let tracer = try ChildProcess([
            "strace", "-f", "-qq", "-o", "/dev/null", "-p", "\(pair.helper.pid)", "-e",
            "trace=\(fault.prefix { $0 != ":" })", "-e", "inject=" + fault,
        ])
        // strace says nothing that could be waited for when it is quiet; the kernel does.
        while ProcessFile.status(pair.helper.pid)["TracerPid"] != "\(tracer.pid)" {
            if tracer.endSoFar != nil { throw TestFailure("strace: \(tracer.errors.text)") }
            await Task.yield()
        }
        // A traced process that its namespace's dying pid 1 waits for can be one that strace never collects: then the
        // tracer must go before anything goes on.
        let watch = try ProcessWatch(tracer.pid)
        try DetachedThread.start { if !watch.waitForEnd(milliseconds: 15_000) { watch.signal(SIGKILL) } }
        return tracer
    }
}
