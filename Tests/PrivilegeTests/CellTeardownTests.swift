import Glibc
import HelperClient
import HelperProtocol
import SandboxTestSupport
import Testing

/// G5: nothing is left of a cell when its exit event arrives.
@Suite(.timeLimit(.minutes(20)))
struct CellTeardownTests {
    @Test func `everything in a cell is dead when the exit event arrives`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let probe = try pair.installStateProbe()
            for _ in 0..<20 {
                let result = try await pair.run([probe, "tree", "exit"], in: .secure)
                // At once, not after a while: the event itself is the promise.
                let left = ProcessFile.processes(of: [pair.ids.secure])
                #expect(result.code == 5)
                #expect(result.text == "ready")
                #expect(left == [])
                #expect(ProcessFile.processes(of: [pair.ids.control]).count == 4, "three inits and the server")
            }
        }
    }

    @Test func `its mounts and namespaces are gone with it`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let before = try SystemCounts(of: pair)
            for _ in 0..<10 { _ = try await pair.shell("setsid sleep 1000 & echo", in: .secure) }
            let after = try SystemCounts(of: pair)
            #expect(after.growth(since: before).isEmpty)
        }
    }

    @Test func `the command's status survives its leftovers`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let exited = try await pair.shell("sleep 1000 & exit 42", in: .secure)
            #expect(exited.status.cause == .exited(42))
            let killed = try await pair.shell("sleep 1000 & kill -9 $$", in: .secure)
            #expect(killed.status.cause == .signaled(9))
            let segfault = try await pair.shell("kill -SEGV $$", in: .secure)
            #expect(segfault.status.cause == .signaled(11))
        }
    }

    @Test func `in user a background process outlives its command`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let started = try await pair.shell("sleep 1234 >/dev/null 2>&1 & echo $!")
            let pid = started.text
            let later = try await pair.shell("kill -0 \(pid) && ps -o args= -p \(pid); kill -9 \(pid)")
            #expect(later.text == "sleep 1234")
        }
    }
}
