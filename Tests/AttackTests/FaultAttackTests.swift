import Glibc
import HelperClient
import HelperProtocol
import SandboxTestSupport
import Testing

extension AttackSuite {
    /// Rows of section C that need a fault beside the attack: a dead server, a listener that was shut down, no IPv6.
    @Suite(.serialized, .timeLimit(.minutes(20)))
    struct FaultAttackTests {
        /// Tries every address and set of options on a port until `stop` exists; prints `started`, what was taken, `done`.
        private static func binding(_ port: UInt16, until stop: String) -> [String] {
            let code = """
                import os, socket
                addresses = [(socket.AF_INET, a) for a in ('0.0.0.0', '127.0.0.1', '127.0.0.2')]
                addresses += [(socket.AF_INET6, a) for a in ('::1', '::')]
                def attempt(family, address, options):
                    try: s = socket.socket(family, socket.SOCK_STREAM)
                    except OSError: return
                    with s:
                        for option in options: s.setsockopt(socket.SOL_SOCKET, option, 1)
                        try: s.bind((address, \(port))); s.listen(); print('taken', address, options, flush=True)
                        except OSError: pass
                rounds = 0
                while rounds < 3 or not os.path.exists('\(stop)'):
                    for family, address in addresses:
                        for options in ((), (socket.SO_REUSEADDR,), (socket.SO_REUSEPORT,), (socket.SO_REUSEADDR, socket.SO_REUSEPORT)):
                            attempt(family, address, options)
                    rounds += 1
                    if rounds == 1: print('started', flush=True)
                print('done')
                """
            return ["python3", "-c", code]
        }

        /// What user code could bind while `fault` happened to the pair.
        private static func taken(
            without: [String],
            _ options: PairOptions = PairOptions(),
            fault: @Sendable (Pair) async throws -> Void
        ) async throws -> [String] {
            var options = options
            options.without = without
            return try await PairFixture.with(options) { pair in
                let stop = pair.workspace + "/stop"
                let attacker = try await pair.start(binding(pair.apiPort, until: stop))
                guard try await attacker.output.wait(for: "started") else { throw TestFailure("no attempt was made") }
                try await fault(pair)
                try FileBytes.write("", to: stop)
                let result = try await attacker.result()
                guard result.lines.last == "done" else { throw TestFailure("the attacker ended early: \(result)") }
                return result.lines.filter { $0.hasPrefix("taken") }
            }
        }

        /// Kills the server and waits for the next.
        private static func killServer(_ pair: Pair) async throws {
            let server = try #require(pair.serverPID)
            let restarts = try await pair.client.status().serverRestarts
            let watch = try ProcessWatch(server)
            watch.signal(SIGKILL)
            try await watch.end()
            // One that cannot take its port is started again and again; the attacker needs a moment without any.
            while try await pair.client.status().serverRestarts == restarts {
                try await Task.sleep(for: .milliseconds(20))
            }
        }

        @Test func `C6: the port of a killed server is not free`() async throws {
            let taken = try await Self.taken(without: [], fault: Self.killServer)
            #expect(taken.isEmpty)
        }

        @Test func `C6 without held ports succeeds`() async throws {
            let taken = try await Self.taken(without: ["held-ports"], fault: Self.killServer)
            #expect(!taken.isEmpty)
        }

        /// shutdown(2) on the server's own copy of the listener, as a server that was taken over could do it.
        private static func shutDownListener(_ pair: Pair) async throws {
            let server = try #require(pair.serverPID)
            let code = """
                import ctypes, os, socket
                pidfd = os.pidfd_open(\(server))
                for number in os.listdir('/proc/\(server)/fd'):
                    try: link = os.readlink('/proc/\(server)/fd/' + number)
                    except FileNotFoundError: continue  # closed meanwhile
                    if not link.startswith('socket:'): continue
                    copy = ctypes.CDLL(None).syscall(438, pidfd, int(number), 0)
                    if copy < 0: raise OSError('pidfd_getfd')
                    s = socket.socket(fileno=copy)
                    if s.family in (socket.AF_INET, socket.AF_INET6) and s.getsockname()[1] == \(pair.apiPort): s.shutdown(socket.SHUT_RDWR)
                print('shut down')
                """
            let result = try await ChildProcess.run(["python3", "-c", code])
            guard result.output == "shut down\n" else { throw TestFailure(result.errors) }
        }

        @Test func `C7: a listener that was shut down cannot be taken`() async throws {
            let taken = try await Self.taken(without: [], fault: Self.shutDownListener)
            #expect(taken.isEmpty)
        }

        @Test func `C7 without exclusive ports succeeds`() async throws {
            let taken = try await Self.taken(without: ["exclusive-ports"], fault: Self.shutDownListener)
            #expect(!taken.isEmpty)
        }

        @Test func `C17: the ports are held where IPv6 is off`() async throws {
            // In a network of its own, where that can be switched: the helper's socket is reached all the same.
            let script = "ip link set lo up && echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6 && exec \"$@\""
            let wrapper = ["unshare", "--net", "sh", "-c", script, "sh"]
            let taken = try await Self.taken(without: [], PairOptions(wrapper: wrapper)) { pair in
                let off = try await pair.run(["cat", "/proc/sys/net/ipv6/conf/all/disable_ipv6"])
                #expect(off.text == "1")
            }
            #expect(taken.isEmpty)
        }
    }
}
