import Glibc
import HelperClient
import HelperProtocol
import SandboxTestSupport
import Testing

/// Namespaces made anew, on request and after the death of their init.
@Suite(.timeLimit(.minutes(20)))
struct ResetTests {
    private func row(_ namespace: SandboxNamespace, _ pair: Pair) async throws -> StatusReply.Namespace {
        try #require(try await pair.client.status().namespaces.first { $0.namespace == namespace })
    }

    @Test(arguments: [SandboxNamespace.user, .secure])
    func `reset kills one namespace and makes it anew`(namespace: SandboxNamespace) async throws {
        let other = namespace == .user ? SandboxNamespace.secure : .user
        try await PairFixture.with(.helperOnly) { pair in
            let command = try await pair.startShell(
                "echo x >/tmp/left; echo up; exec sleep 1000",
                in: namespace,
                until: "up"
            )
            let survivor = try await pair.startShell("echo up; exec sleep 1000", in: other, until: "up")
            _ = try await pair.shell("setsid sleep 1000 >/dev/null 2>&1 &", in: namespace)
            let before = pair.inits
            let observer = try await pair.connect()
            let generation = try await pair.client.reset(namespace)
            #expect(generation == 2)
            // The exit event comes before the reply: it is there already, so nothing has to be waited for.
            let status = try await command.process.exitStatus
            #expect(status.cause == .signaled(9))
            let uid = namespace == .user ? pair.ids.user : pair.ids.secure
            #expect(ProcessFile.processes(of: [uid]) == [])
            let after = pair.inits
            #expect(after[namespace] != before[namespace])
            #expect(after[other] == before[other] && after[.control] == before[.control])
            let fresh = try await pair.shell("cat /tmp/left; id -u", in: namespace)
            #expect(fresh.text == "\(uid)")
            #expect(
                try await row(namespace, pair) == .init(namespace: namespace, generation: 2, isAlive: true, running: 0)
            )
            #expect(try await row(other, pair).generation == 1)
            // Everybody who is connected is told.
            var notices = observer.namespaceResets.makeAsyncIterator()
            let notice = await notices.next()
            #expect(notice == NamespaceReset(namespace: namespace, generation: 2))
            try await survivor.process.terminate(grace: .zero)
            let end = try await survivor.process.exitStatus
            #expect(end.cause == .signaled(9))
        }
    }

    @Test(arguments: SandboxNamespace.allCases)
    func `a namespace whose init was killed is made anew`(namespace: SandboxNamespace) async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let commands = try await [SandboxNamespace.user, .secure].asyncMap {
                try await pair.startShell("echo up; exec sleep 1000", in: $0, until: "up")
            }
            let pid = try #require(pair.inits[namespace])
            let observer = try await pair.connect()
            var notices = observer.namespaceResets.makeAsyncIterator()
            kill(pid, SIGKILL)
            let notice = await notices.next()
            #expect(notice == NamespaceReset(namespace: namespace, generation: 2))
            if namespace != .control {
                let status = try await commands[namespace == .user ? 0 : 1].process.exitStatus
                #expect(status.cause == .signaled(9))
            } else {
                // The server dies with control and comes back; what it had started is not these commands.
                try #require(try await pair.helper.errors.wait(for: "the server was ended by signal 9"))
            }
            for place in [SandboxNamespace.user, .secure] {
                let result = try await pair.shell("echo again", in: place)
                #expect(result.text == "again")
            }
            #expect(pair.inits[namespace] != pid)
            #expect(pair.inits.count == 3)
        }
    }

    @Test func `many resets leave nothing behind`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            _ = try await pair.client.reset(.user)
            _ = try await pair.client.reset(.secure)
            let before = try SystemCounts(of: pair)
            for _ in 0..<20 {
                _ = try await pair.client.reset(.user)
                _ = try await pair.client.reset(.secure)
            }
            let after = try SystemCounts(of: pair)
            #expect(after.growth(since: before).isEmpty)
            let status = try await pair.client.status()
            #expect(status.namespaces.map(\.generation) == [1, 22, 22])
        }
    }

    @Test func `resets and commands at the same time neither hang nor mix`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        for _ in 0..<15 {
                            do {
                                let result = try await pair.shell("echo ok")
                                #expect(result.text == "ok" && result.code == 0 || result.status.cause == .signaled(9))
                            } catch HelperClientError.refused(let failure) {
                                // A spawn into a namespace that dies under it; the table says what may come.
                                #expect([.namespaceDown, .stepFailed].contains(failure.code), "\(failure)")
                            }
                        }
                    }
                }
                group.addTask { for _ in 0..<10 { _ = try await pair.client.reset(.user) } }
                try await group.waitForAll()
            }
            let result = try await pair.shell("echo end")
            #expect(result.text == "end")
        }
    }
}

extension Sequence {
    /// The results of `transform` in order, one after the other.
    func asyncMap<Result>(_ transform: (Element) async throws -> Result) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
