import SandboxTestSupport
import Testing

/// How sandboxctl ends where nobody takes what it writes.
@Suite(.timeLimit(.minutes(20)))
struct ControlEndTests {
    @Test func `a reader that leaves ends the command in the sandbox, and what it started`() async throws {
        try await PairFixture.with { pair in
            let duration = Canary.duration(1000)
            let result = try await ControlTool(pair: pair).shell(
                """
                sandboxctl exec "(setsid sleep \(duration) &); yes \(duration)" </dev/null | head -n 1
                echo ${PIPESTATUS[0]}
                echo "(setsid sleep \(duration) &); yes \(duration)" >prog.sh
                sandboxctl run prog.sh </dev/null | head -n 1
                echo ${PIPESTATUS[0]}
                sandboxctl exec 'ls -A'
                """
            )
            #expect(result.output == "\(duration)\n141\n\(duration)\n141\n", "\(result.errors)")
            #expect(result.errors.isEmpty)
            #expect(HostProcesses.withArgument(duration).isEmpty)
        }
    }

    @Test func `a full disk ends the command, with a message`() async throws {
        try await PairFixture.with { pair in
            let duration = Canary.duration(1000)
            let result = try await ControlTool(pair: pair).shell(
                """
                sandboxctl exec 'yes \(duration)' </dev/null >/dev/full; echo $?
                sandboxctl exec 'echo brief' >/dev/full; echo $?
                sandboxctl exec --session s 'echo brief' >/dev/full; echo $?
                sandboxctl ls /usr >/dev/full; echo $?
                sandboxctl exec 'yes \(duration) >&2' </dev/null 2>/dev/full; echo $?
                """
            )
            #expect(result.output == "125\n125\n125\n125\n125\n", "\(result.errors)")
            let line = "sandboxctl: standard output: No space left on device.\n"
            #expect(result.errors == line + line + line + line)
            #expect(HostProcesses.withArgument(duration).isEmpty)
        }
    }
}
