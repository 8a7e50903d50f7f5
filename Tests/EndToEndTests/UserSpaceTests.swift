import Glibc
import HelperProtocol
import SandboxAPI
import SandboxTestSupport
import Testing

/// G6: everything in `user` is visible to everything in `user`, from one command to the next.
@Suite(.timeLimit(.minutes(20)))
struct UserSpaceTests {
    @Test func `user processes see each other`() async throws {
        try await PairFixture.with { pair in
            let api = pair.api
            let duration = Canary.duration(1000)
            let pid = try await api.output("MARK=seen \(Canary.sleeper(duration)); echo $!")

            #expect(try await api.output("ps -p \(pid) -o args=") == "sleep \(duration)")
            #expect(try await api.output("pgrep -f 'slee[p] \(duration)'") == pid)
            #expect(try await api.output("tr '\\0' '\\n' < /proc/\(pid)/environ").contains("MARK=seen"))
            #expect(try await api.output("readlink /proc/\(pid)/cwd") == pair.workspace)
            let traced = try await api.execute("timeout 1 strace -p \(pid)")
            #expect(traced.stderr.contains("attached"), "\(traced.stderr)")

            // A command with credentials is elsewhere.
            let hidden = try await api.execute("ps -p \(pid) -o args=", namespace: .secure)
            #expect(!hidden.stdout.contains(duration))
            _ = try await api.execute("kill -9 \(pid); kill -9 -1", namespace: .secure)

            #expect(try await api.execute("kill -0 \(pid)").success)
            #expect(try await api.execute("kill \(pid)").success)
            #expect(HostProcesses.withArgument(duration).isEmpty)
        }
    }

    @Test func `a background process outlives its user command, whose answer does not wait for it`() async throws {
        try await PairFixture.with { pair in
            let duration = Canary.duration(30)
            let response = try await pair.api.execute("sleep \(duration) & echo started")
            #expect(response.stdout == "started")
            #expect(response.duration < 10_000)
            #expect(try await pair.api.output("pgrep -fc 'slee[p] \(duration)'") == "1")
            _ = try await pair.api.output("pkill -f 'slee[p] \(duration)'")
        }
    }

    @Test func `a survivor may go on writing to the output of its ended command`() async throws {
        try await PairFixture.with { pair in
            let meeting = try await Rendezvous(pair, "survivor")
            let result = pair.workspace + "/result"
            // SIGPIPE, or a pipe that nobody empties, would keep it from its last line.
            let script =
                "(\(meeting.meet); head -c 3000000 /dev/zero; echo $? > \(result); \(meeting.meet)) & echo started"
            #expect(try await pair.api.execute(script).stdout == "started")
            try await meeting.arrived()
            try await meeting.release()
            try await meeting.arrived()
            #expect(try await pair.api.output("cat \(result)") == "0")
            try await meeting.release()
        }
    }

    @Test func `nothing of a command with credentials is alive when its answer arrives`() async throws {
        try await PairFixture.with { pair in
            let duration = Canary.duration(30)
            let script = """
                sleep \(duration) &
                setsid sleep \(duration) < /dev/null &
                (trap '' TERM HUP INT; sleep \(duration)) &
                (setsid sh -c 'sleep \(duration) & sleep \(duration)' &)
                sh -c 'kill -STOP $$; sleep \(duration)' &
                until [ $(pgrep -fc 'slee[p] \(duration)') -ge 5 ]; do :; done
                echo started
                """
            let response = try await pair.api.execute(script, env: ["TOKEN": "a"])
            #expect(HostProcesses.withArgument(duration).isEmpty)
            #expect(response.namespace == .secure)
            #expect(response.stdout == "started", "\(response.stderr)")
        }
    }

    @Test(arguments: [NamespaceName.user, .secure])
    func `debugging and everyday tools work where they should`(in namespace: NamespaceName) async throws {
        try await PairFixture.with { pair in
            for tool in [
                "python3 -c 'import threading; t = threading.Thread(target=print); t.start(); t.join()'",
                "python3 -c 'import multiprocessing as m; print(m.Pool(2).map(abs, [-1, 2]))'",
                "git init -q repository-\(namespace.rawValue) && git -C repository-\(namespace.rawValue) status",
                "ss -ltn", "top -b -n 1", "cat < <(echo substituted)", "mktemp", "ulimit -a", "date",
            ] {
                let response = try await pair.api.execute(tool, namespace: namespace)
                #expect(response.success, "\(tool): \(response.stderr)")
            }
        }
    }
}
