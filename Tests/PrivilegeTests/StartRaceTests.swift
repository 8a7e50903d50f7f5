import HelperClient
import HelperProtocol
import SandboxTestSupport
import Testing

/// Foreign code of the same uid against the moments in which a command starts.
@Suite(.timeLimit(.minutes(20)))
struct StartRaceTests {
    @Test func `user code that stops every new process holds up nobody else`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let storm = try await pair.start([try pair.installStateProbe(), "storm"])
            try await storm.output.wait(for: "ready")
            let victims = try await pair.connect()
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    // What becomes of these is the user's own affair.
                    group.addTask { _ = try? await pair.run(["true"], over: victims) }
                }
                group.addTask {
                    do {
                        let clock = ContinuousClock.now
                        for _ in 0..<20 {
                            let other = try await pair.connect()
                            _ = try await other.status()
                            other.close()
                        }
                        let cell = try await pair.shell("echo served", in: .secure)
                        #expect(cell.text == "served")
                        #expect(ContinuousClock.now - clock < .seconds(8), "requests waited for stopped processes")
                        _ = try await pair.client.reset(.user)
                        let user = try await pair.shell("echo served")
                        #expect(user.text == "served")
                    } catch { Issue.record(error) }
                    victims.close()
                }
            }
            let end = try await storm.process.exitStatus
            #expect(end.cause == .signaled(9))
        }
    }

    @Test func `a client that leaves while its commands start leaves nothing running`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let before = Set(pair.processes)
            for round in 0..<60 {
                let client = try await pair.connect()
                await withTaskGroup(of: Void.self) { group in
                    for number in 0..<4 {
                        let namespace: SandboxNamespace = number.isMultiple(of: 2) ? .user : .secure
                        // Fails when the connection goes, as it should.
                        group.addTask { _ = try? await pair.run(["sleep", "1000"], in: namespace, over: client) }
                    }
                    // At another moment of the start each time.
                    for _ in 0..<(round * 20) { await Task.yield() }
                    client.close()
                }
            }
            let deadline = ContinuousClock.now + .seconds(20)
            while try await pair.client.status().processes != [], ContinuousClock.now < deadline { await Task.yield() }
            #expect(Set(pair.processes) == before)
        }
    }

    @Test func `nothing of the helper can be reached in a command that is starting`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            // Looks into every process it finds, as fast as it can, while others start.
            let script = """
                echo up
                while [ ! -e stop ]; do
                    for p in /proc/[0-9]*; do
                        [ ${p#/proc/} = 1 ] && continue
                        for l in $p/exe $p/cwd $p/fd/3 $p/fd/4 $p/fd/5; do readlink $l; done
                        tr '\\0' '\\n' <$p/environ
                    done 2>/dev/null | grep -E 'ns-helper|/ns/|socket:|mnt:\\[|CANARY' && echo caught
                done
                echo over
                """
            let watcher = try await pair.startShell(script, until: "up")
            for _ in 0..<100 {
                _ = try await pair.run(["true"])
                _ = try await pair.run(["true"], in: .secure, environment: ["CANARY": "x"])
            }
            _ = try await pair.shell("touch stop")
            let result = try await watcher.result()
            #expect(result.text == "up\nover", "\(result.text)")
        }
    }

    @Test func `a working directory that is swapped for a link leads nowhere`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let flipper = try await pair.startShell(
                "echo up; while [ ! -e stop ]; do mkdir d; rmdir d; ln -s /proc/1/root d; rm d; "
                    + "ln -s /proc/self/cwd d; rm d; done 2>/dev/null; echo over",
                until: "up"
            )
            var entered = 0
            for _ in 0..<200 {
                do {
                    let result = try await pair.run(["/bin/pwd", "-P"], directory: pair.workspace + "/d")
                    // The link to its own directory leads the child to where it stands: the root of its tree.
                    #expect([pair.workspace + "/d", "/"].contains(result.text) || result.code != 0, "\(result.text)")
                    entered += 1
                } catch HelperClientError.refused(let failure) {
                    #expect(failure.stage == .workingDirectory)
                }
            }
            _ = try await pair.shell("touch stop")
            let result = try await flipper.result()
            #expect(result.text == "up\nover")
            #expect(entered < 200)
        }
    }

    @Test(arguments: ["/proc/self/root", "/workspace-link", "relative-link"])
    func `a working directory below proc is refused however it is reached`(kind: String) async throws {
        try await PairFixture.with(.helperOnly) { pair in
            _ = try await pair.shell(
                "ln -s /proc/self proc-link; ln -s proc-link/cwd relative-link; ln -s /proc/1/cwd workspace-link"
            )
            let path =
                kind.hasPrefix("/proc")
                ? pair.workspace + "/proc-link" : pair.workspace + "/" + kind.split(separator: "/")[0]
            if kind == "relative-link" {
                // Leads to the directory in which the child stands: the root of the tree, never the helper's.
                let result = try? await pair.run(["/bin/pwd", "-P"], directory: path)
                #expect(result == nil || result?.text == "/", "\(result?.text ?? "")")
            } else {
                await #expect(throws: HelperClientError.self) { try await pair.run(["true"], directory: path) }
            }
        }
    }
}
