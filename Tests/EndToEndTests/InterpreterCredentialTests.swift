import Glibc
import HelperProtocol
import NIOHTTP1
import SandboxAPI
import SandboxTestSupport
import Testing

/// G4 for code: variables live in a cell, for one context or one call, and nowhere else.
@Suite(.timeLimit(.minutes(20)))
struct InterpreterCredentialTests {
    @Test func `variables of a context exist in its cell alone`() async throws {
        try await PairFixture.with(try .interpreter()) { pair in
            let api = pair.api
            try await api.untilInterpreterIsReady()
            let canary = Canary.make()
            let plain = try await api.context()
            let context = try await api.context(variables: ["API_KEY": canary])
            let seen = try await api.value("import os; (os.environ['API_KEY'], os.getuid())", in: context)
            #expect(seen == "('\(canary)', \(pair.ids.secure))")
            // It keeps its state like any context, and another one's variables are not its own.
            _ = try await api.code("x = 1", in: context)
            #expect(try await api.value("x", in: context) == "1")
            let other = try await api.context(variables: ["OTHER": "y"])
            #expect(try await api.value("os = __import__('os'); 'API_KEY' in os.environ", in: other) == "False")

            #expect(try await api.value("'API_KEY' in __import__('os').environ", in: plain) == "False")
            let search = "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -ac '^API_KEY=' || true"
            #expect(try await api.output(search) == "0")
            // What talks to the kernels has passed it on unread.
            let jupyter = try #require(pair.jupyterPID)
            let holders = HostProcesses.withVariable(canary)
            #expect(!holders.isEmpty && holders.allSatisfy { ProcessFile.userID($0) == pair.ids.secure })
            // The answer of the first line came back through Jupyter; the value that went in did not.
            let written = Canary.make()
            let silent = try await api.context(variables: ["SILENT": written])
            for pid in [jupyter, pair.helper.pid] { #expect(try ProcessMemory.copies(of: written, in: pid) == 0) }
            #expect(!HostProcesses.withVariable(written).isEmpty)

            let watches = try (holders + HostProcesses.withVariable(written)).map { try ProcessWatch($0) }
            for id in [context, silent] { #expect(try await api.request(.DELETE, "/api/contexts/\(id)").status == 200) }
            for watch in watches { try await watch.end() }
            #expect(HostProcesses.withVariable(canary).isEmpty && HostProcesses.withVariable(written).isEmpty)
            #expect(!pair.helper.errors.text.contains(canary))
        }
    }

    @Test func `variables of a call are gone with it`() async throws {
        try await PairFixture.with(try .interpreter()) { pair in
            let api = pair.api
            try await api.untilInterpreterIsReady()
            let canary = Canary.make()
            let context = try await api.context()
            _ = try await api.code("x = 1", in: context)
            let code = """
                import os, subprocess
                subprocess.Popen(['sleep', '1000'], start_new_session=True)
                (os.environ['KEY'], 'x' in globals())
                """
            let events = try await api.code(code, in: context, variables: ["KEY": canary])
            #expect(events.first { $0.type == "result" }?.text == "('\(canary)', False)")
            // The answer ends when the cell has: nothing of it is left.
            #expect(HostProcesses.withVariable(canary).isEmpty)
            let rows = try await api.request(.GET, "/api/contexts").decoded(ContextListResponse.self).contexts
            #expect(rows.map(\.id) == [context])
            let left = "import os; ('KEY' in os.environ, x, [c for c in In if 'Popen' in c][1:])"
            #expect(try await api.value(left, in: context) == "(False, 1, [])")
            let one = try await api.code("echo $KEY", language: "bash", variables: ["KEY": "quote'\"$(id)"])
            #expect(one.first { $0.type == "stdout" }?.text == "quote'\"$(id)\n")
        }
    }

    @Test func `a kernel with credentials that has ended is not started again`() async throws {
        try await PairFixture.with(try .interpreter()) { pair in
            let api = pair.api
            try await api.untilInterpreterIsReady()
            let context = try await api.context(variables: ["KEY": Canary.make()])
            #expect(try await api.code("import os; os._exit(0)", in: context).last?.ename == "KernelDied")
            #expect(try await api.attemptCode("1", in: context).status == 404)
        }
    }
}
