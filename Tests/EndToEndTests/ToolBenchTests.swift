import SandboxAPI
import SandboxTestSupport
import Testing

/// The search that the tests of tools rely on finds what it looks for.
@Suite(.timeLimit(.minutes(20)))
struct ToolBenchTests {
    @Test func `a search finds secrets wherever user code keeps them`() async throws {
        try await ToolBench.with { bench in
            let names = ["file", "name", "link", "environment", "argument", "deleted", "memfd"]
            let secrets = names.map { _ in Canary.make() }
            let keep = """
                import os, subprocess
                file, name, link, environment, argument, deleted, memfd = '\(secrets.joined(separator: " "))'.split()
                open('/tmp/kept', 'w').write(file)
                os.mkdir('/dev/shm/' + name)
                os.symlink('/' + link, os.path.expanduser('~/kept'))
                held = open('/var/tmp/held', 'w+')
                held.write(deleted), held.flush(), os.unlink('/var/tmp/held')
                number = os.memfd_create('kept')
                os.write(number, memfd.encode())
                subprocess.Popen(['sh', '-c', 'sleep 1000; :', argument], env={'KEPT': environment, 'PATH': os.environ['PATH']},
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=[held.fileno(), number])
                """
            _ = try await bench.pair.api.output("/usr/bin/python3 -s - <<'KEEP'\n\(keep)\nKEEP")
            for (name, secret) in zip(names, secrets) {
                let found = try await bench.pair.api.output(bench.search(for: [secret]), namespace: .user)
                #expect(!found.isEmpty, "\(name)")
            }
            #expect(try await bench.pair.api.output(bench.search(for: [Canary.make()]), namespace: .user) == "")
        }
    }
}
