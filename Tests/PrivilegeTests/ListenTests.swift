import HelperProtocol
import SandboxTestSupport
import Testing

/// The option `cell-listen`.
@Suite(.timeLimit(.minutes(20)))
struct ListenTests {
    /// Writes a word for each way to take a port or to listen that works.
    private static let attempts = """
        python3 - <<'EOF'
        import os, socket
        def attempt(name, call):
            try: call(); print(name)
            except OSError as error: print(name, error.errno)
        tcp = socket.socket()
        attempt("bind", lambda: tcp.bind(("127.0.0.1", 0)))
        attempt("listen", lambda: socket.socket(socket.AF_INET6).listen())
        unix = socket.socket(socket.AF_UNIX); unix.bind(os.environ["HOME"] + "/socket")
        attempt("unix", unix.listen)
        multipath = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)
        attempt("multipath", multipath.listen)
        attempt("datagram", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).bind(("127.0.0.1", 0)))
        EOF
        """

    private static func options(_ isolation: String, _ settings: [String: String]) throws -> PairOptions {
        var options =
            switch isolation {
            case "namespaces": PairOptions.helperOnly
            case "users": try PairOptions.engineDefaults(server: .standIn)
            default: try PairOptions.restrictedPod(server: .standIn)
            }
        options.settings.merge(settings) { _, new in new }
        return options
    }

    @Test(arguments: ["namespaces", "users", "landlock"])
    func `cells listen unless that is refused, and user listens always`(isolation: String) async throws {
        let all = "bind\nlisten\nunix\nmultipath\ndatagram"
        try await PairFixture.with(try Self.options(isolation, [:])) { pair async throws in
            #expect(try await pair.shell(Self.attempts, in: .secure).text == all)
        }
        try await PairFixture.with(try Self.options(isolation, ["cell-listen": "refuse"])) { pair in
            #expect(try await pair.shell(Self.attempts).text == all)
            let refused = try await pair.shell(Self.attempts, in: .secure).text
            #expect(refused == "bind 13\nlisten 13\nunix 13\nmultipath 13\ndatagram")
        }
    }
}
