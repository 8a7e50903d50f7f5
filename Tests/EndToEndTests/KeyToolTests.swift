import HelperProtocol
import SandboxAPI
import SandboxTestSupport
import Testing

/// ssh in cells, with a key that is in env alone and in an agent of the cell.
@Suite(.timeLimit(.minutes(20)))
struct KeyToolTests {
    @Test func `ssh logs in and signs with a key that only an agent of the cell has`() async throws {
        try await SSHServer.with { server in
            try await ToolBench.with(ids: server.ids, wrapper: server.wrapper) { bench in
                let api = bench.pair.api
                let ssh = "ssh -p \(server.port) test-deploy@127.0.0.1"
                _ = try await api.output("echo content > release.txt")
                let env = [
                    "DEPLOY_KEY": server.key, "KNOWN_HOSTS": server.knownHost, "PORT": "\(server.port)",
                    "ADDRESS": "test-deploy@127.0.0.1",
                ]
                for name in ["ssh", "ssh-sign"] { _ = try await bench.cell(Recipe.named(name), env) }
                // Any line of the key between its first and its last.
                let lines = server.key.split(separator: "\n").dropFirst().dropLast().map(String.init)
                #expect(lines.count > 3)
                try await bench.expectNoTrace(of: lines)
                #expect(
                    HostProcesses.withArgument("ssh-agent").allSatisfy { ProcessFile.userID($0) != server.ids.secure }
                )
                #expect(
                    try await api.output("cat deployed.txt; stat -c %u deployed.txt release.txt.sig")
                        == "done for the key: deploy release 7\n\(server.ids.user)\n\(server.ids.user)"
                )
                let verify = """
                    echo 'deploy \(server.publicKey.split(separator: "\n").joined())' > /tmp/signers
                    ssh-keygen -Y verify -f /tmp/signers -I deploy -n file -s release.txt.sig < release.txt
                    """
                #expect(try await api.output(verify).hasPrefix("Good \"file\" signature"))
                let without = try await api.execute(
                    "\(ssh) -o BatchMode=yes -o StrictHostKeyChecking=no x",
                    env: ["TOKEN": "x"]
                )
                #expect(without.stderr.contains("Permission denied"), "the server wants the key: \(without.stderr)")
                try await bench.expectPoison("\(ssh) -o BatchMode=yes -o StrictHostKeyChecking=no x")
            }
        }
    }
}
