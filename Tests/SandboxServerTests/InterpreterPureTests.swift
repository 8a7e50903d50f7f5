import FoundationEssentials
import HTTPTypes
import HelperProtocol
import NIOCore
import NIOPosix
import SandboxAPI
import Synchronization
import Testing

@testable import SandboxServer

struct InterpreterPureTests {
    @Test(arguments: [
        "/api", "/api/", "/api/status", "/api/kernels", "/api/kernels/1f/channels", "/api/kernelspecs",
        "/api/sessions/x", "/kernelspecs/python3/logo.svg",
    ])
    func `the kernels' API is passed on`(_ path: String) {
        #expect(JupyterPaths.permits(path))
    }

    @Test(arguments: [
        "", "/", "/tree", "/sandbox/contexts", "/api/contents", "/api/terminals", "/api/kernelsx", "/API/kernels",
        "/api/kernels/../contents", "/api/kernels/..%2f", "/api//contents", "//api/kernels", "/api/kernels/\\..\\x",
        "/%61pi/kernels", "/login", "/files/x", "/api/config/x", "/api/shutdown",
    ])
    func `nothing else is`(_ path: String) {
        #expect(!JupyterPaths.permits(path))
    }

    @Test func `only numbers and localhost are nobody's names`() {
        for host in ["localhost", "localhost:8888", "127.0.0.1:8888", "10.1.2.3", "[::1]:8888"] {
            #expect(JupyterPaths.isAddress(host), "\(host)")
        }
        for host in ["", ":8888", "evil.example:8888", "localhost.evil.example", "127.0.0.1.evil", "1e100"] {
            #expect(!JupyterPaths.isAddress(host), "\(host)")
        }
    }

    @Test func `lines are put together from pieces that end anywhere`() throws {
        var buffer = LineBuffer()
        var lines: [String] = []
        for piece in ["{\"a", "\":1}\n", "", "\n{", "}\n{\"b\":", "2}\n[", "]"] {
            lines += try buffer.append(ByteBuffer(string: piece)).map { String(buffer: $0) }
        }
        #expect(lines == ["{\"a\":1}", "", "{}", "{\"b\":2}"])
    }

    @Test func `a line without an end is not kept for ever`() throws {
        var buffer = LineBuffer()
        let piece = ByteBuffer(repeating: 0x20, count: 16 << 20)
        for _ in 0..<4 { #expect(try buffer.append(piece).isEmpty) }
        #expect(throws: LineBuffer.TooLong.self) { try buffer.append(piece) }
    }

    @Test func `an unreachable Jupyter is starting for a minute and failing after that`() async throws {
        let start = ContinuousClock.now
        let time = Time(start)
        let address = JupyterAddress(directory: "/nonexistent", token: "t")
        let connector = JupyterConnector(address, mode: .namespaces, clock: { time.now })
        let group = MultiThreadedEventLoopGroup.singleton
        #expect(await connector.state(on: group.next()) == .starting)
        time.now = start + .seconds(59)
        await #expect {
            try await connector.connect(on: group.next())
        } throws: { error in
            (error as? APIError)?.headers[.retryAfter] != nil
        }
        time.now = start + .seconds(61)
        await #expect {
            try await connector.connect(on: group.next())
        } throws: { error in
            let error = error as? APIError
            return error?.body.httpStatus == 502 && error?.headers[.retryAfter] == nil
        }
        #expect(await connector.state(on: group.next()) == .failing)
        #expect(await JupyterConnector(nil, mode: .namespaces).state(on: group.next()) == .off)
    }

    @Test func `what is missing is named: the image's Jupyter, or a mode that can have it`() {
        let image = JupyterConnector(nil, mode: .namespaces).absent.body
        #expect(image.httpStatus == 501 && image.suggestion?.contains("jupyter") == true)
        let mode = JupyterConnector(nil, mode: .landlock).absent.body
        #expect(mode.httpStatus == 501 && mode.message.contains("landlock"))
        #expect(mode.suggestion?.contains("users") == true && mode.suggestion?.contains("image") == false)
    }

    @Test func `the token is printed nowhere`() {
        let address = JupyterAddress(directory: "/d", token: "t0p")
        var dumped = ""
        dump(address, to: &dumped)
        #expect(!"\(address)\(String(reflecting: address))\(dumped)".contains("t0p"))
    }

    @Test func `a missing language is 501 with what to install`() throws {
        func error(_ problem: String, _ language: String = "python") throws -> APIError {
            let problem = try JSONDecoder().decode(InterpreterProblem.self, from: Data(problem.utf8))
            return problem.error(language: language, context: "c", hello: ServerFixture.hello())
        }
        #expect(try error(#"{"problem":"language"}"#).body.code == "PYTHON_NOT_AVAILABLE")
        for language in ["javascript", "typescript"] {
            let missing = try error(#"{"problem":"language"}"#, language)
            #expect(missing.body.code == "JAVASCRIPT_NOT_AVAILABLE" && missing.body.httpStatus == 501)
            #expect(missing.body.suggestion?.contains("deno") == true)
        }
        #expect(try error(#"{"problem":"language"}"#, "bash").body.httpStatus == 501)
        #expect(try error(#"{"problem":"context"}"#).body.code == "CONTEXT_NOT_FOUND")
        #expect(try error(#"{"problem":"limit"}"#).body.httpStatus == 409)
        #expect(try error(#"{"problem":"directory","errno":2}"#).body.code == "FILE_NOT_FOUND")
        #expect(try error(#"{"problem":"directory","errno":20}"#).body.code == "NOT_DIRECTORY")
        #expect(try error(#"{"problem":"directory","errno":13}"#).body.httpStatus == 403)
        #expect(try error(#"{"problem":"start","message":"m"}"#).body.code == "CODE_EXECUTION_ERROR")
    }
}

/// A clock that stands until it is set.
private final class Time: Sendable {
    private let instant: Mutex<ContinuousClock.Instant>

    init(_ instant: ContinuousClock.Instant) {
        self.instant = Mutex(instant)
    }

    var now: ContinuousClock.Instant {
        get { instant.withLock(\.self) }
        set { instant.withLock { $0 = newValue } }
    }
}
