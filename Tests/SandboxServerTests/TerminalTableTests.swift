import Glibc
import HelperClient
import HelperTransport
import HummingbirdCore
import NIOCore
import NIOPosix
import SandboxAPI
import Testing

@testable import SandboxServer

@Suite(.serialized, .timeLimit(.minutes(1)))
struct TerminalTableTests {
    @Test func `a closed terminal is ended, its session gets a new one, in the place it is given`() async throws {
        let pair = try RecordChannel.pair()
        let far = OwnedDescriptor(adopting: dup(pair.far.rawValue))
        let helper = FakeHelper(far, .init(hello: ServerFixture.hello(), refusal: nil))
        defer { helper.die() }
        let client = try HelperClient(adopting: pair.consumeNear())
        _ = try await client.hello()
        var configuration = ServerConfiguration()
        configuration.shell = "/bin/sh"
        configuration.graceMilliseconds = 100
        let table = TerminalTable(
            helper: client,
            configuration: configuration,
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton
        ) { id in
            TerminalPlace(
                directory: "/",
                namespace: .user,
                variables: [(name: "PLACE", value: SecretBytes(Array(id.utf8)))]
            )
        }
        let request = try TerminalRequest(URI("/ws/pty?sessionId=a"))
        let first = try await table.terminal(request)
        #expect(try await table.terminal(request) === first)
        await table.close("a")
        let second = try await table.terminal(request)
        #expect(second !== first)
        let (reader, _) = second.output.attach()
        try await second.write(.init(string: "echo $PLACE-$PWD; exit\n"))
        var output = ""
        reading: while true {
            switch try await second.output.next(reader) {
            case .bytes(let bytes): output += String(buffer: bytes)
            case .ended, .lost: break reading
            }
        }
        #expect(output.contains("a-/"))
        let other = try await table.terminal(TerminalRequest(URI("/ws/pty?sessionId=b")))
        let (end, _) = other.output.attach()
        await table.closeAll()
        while case .bytes = try await other.output.next(end) {}
        while helper.runningCount > 0 { try? await Task.sleep(for: .milliseconds(5)) }
    }
}
