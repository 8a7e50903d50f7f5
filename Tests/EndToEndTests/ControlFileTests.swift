import SandboxClient
import SandboxTestSupport
import Testing

/// Files that do not tell their size, read by sandboxctl and by the client.
@Suite(.timeLimit(.minutes(20)))
struct ControlFileTests {
    @Test func `empty files, and files that do not tell their size, are read whole`() async throws {
        try await PairFixture.with { pair in
            let tool = ControlTool(pair: pair)
            let result = try await tool.shell(
                """
                set -e
                sandboxctl exec 'mkdir -p /tmp/p/sub; : >/tmp/p/__init__.py; echo one >/tmp/p/sub/z'
                sandboxctl cat /tmp/p/__init__.py | wc -c
                sandboxctl cat /proc/version | grep -c '^Linux version'
                sandboxctl cp :/tmp/p copy
                find copy -type f -printf '%P %s\\n' | sort
                """
            )
            #expect(result.end == .exited(0), "\(result.errors)")
            #expect(result.output == "0\n1\n__init__.py 0\nsub/z 4\n")
            let sandbox = try SandboxClient(baseURL: "http://127.0.0.1:\(pair.apiPort)")
            #expect(try await sandbox.download("/tmp/p/__init__.py").bytes().isEmpty)
            let table = try await sandbox.download("/proc/version")
            let size: Int? = table.size
            #expect(size == nil)
            #expect(String(decoding: try await table.bytes(), as: UTF8.self).hasPrefix("Linux version"))
        }
    }
}
