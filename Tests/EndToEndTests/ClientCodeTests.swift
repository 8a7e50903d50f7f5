import SandboxAPI
import SandboxClient
import SandboxTestSupport
import Testing

/// The code interpreter through the Swift client.
@Suite(.timeLimit(.minutes(20)))
struct ClientCodeTests {
    private func with(_ body: @Sendable (SandboxClient, Pair) async throws -> Void) async throws {
        try await PairFixture.with(try .interpreter()) { pair in
            try await pair.api.untilInterpreterIsReady()
            try await body(try SandboxClient(baseURL: "http://127.0.0.1:\(pair.apiPort)"), pair)
        }
    }

    @Test func `a context keeps its state from run to run, until it is deleted`() async throws {
        try await with { sandbox, pair in
            #expect(try await sandbox.interpreterState() == "ready")
            let context = try await sandbox.createCodeContext(cwd: pair.workspace)
            #expect(context.language == .python && context.workingDirectory == pair.workspace)
            #expect(try await sandbox.codeContexts() == [context])

            _ = try await sandbox.runCode("x = 40", in: context.id).result()
            let sum = try await sandbox.runCode("print('adding'); x + 2", in: context.id).result()
            #expect(sum.text == "42" && sum.stdout == "adding\n" && sum.isSuccess && sum.executionCount == 2)

            try await sandbox.deleteCodeContext(context.id)
            #expect(try await sandbox.codeContexts().isEmpty)
            await #expect { try await sandbox.runCode("x", in: context.id) } throws: {
                ($0 as? SandboxClientError)?.code == .contextNotFound
            }
        }
    }

    @Test func `values come in all their forms, and failures with their tracebacks`() async throws {
        try await with { sandbox, _ in
            let forms = try await sandbox.runCode(
                """
                import sys; print("to stderr", file=sys.stderr)
                from IPython.display import display, Markdown, Latex, SVG
                display(Markdown("*m*")); display(Latex("$x$")); display(SVG("<svg xmlns='http://www.w3.org/2000/svg'/>"))
                display({"application/vnd.vegalite.v5+json": {"mark": "bar"}}, raw=True)
                import matplotlib.pyplot as plt
                plt.plot([1, 2]); plt.show()
                import pandas; display(pandas.DataFrame({"a": [1]}))
                {"half": 0.5}
                """
            ).result()
            #expect(forms.failure == nil && forms.stderr.contains("to stderr"))
            let outputs = forms.outputs
            #expect(outputs.contains { $0.markdown == "*m*" } && outputs.contains { $0.latex == "$x$" })
            #expect(outputs.contains { $0.svg?.contains("<svg") == true })
            #expect(outputs.contains { $0.chart == ["mark": .string("bar")] && $0.chartType?.contains("vega") == true })
            #expect(outputs.contains { $0.png?.starts(with: [0x89, 0x50, 0x4E, 0x47]) == true })
            #expect(outputs.contains { $0.html?.contains("<table") == true })
            #expect(outputs.last?.json == ["half": .number(0.5)])

            let failed = try await sandbox.runCode("def f(): return 1 / 0\nf()").result()
            #expect(failed.failure?.description == "ZeroDivisionError: division by zero" && !failed.isSuccess)
            #expect(failed.failure?.traceback.isEmpty == false && failed.executionCount == nil)
        }
    }

    @Test func `variables, languages, directories and time limits belong to one run`() async throws {
        try await with { sandbox, pair in
            let code = "import os; os.environ.get('TOKEN', 'none') + os.getcwd()"
            let secret = try await sandbox.runCode(code, env: ["TOKEN": "t0ken"], cwd: "/usr", timeout: .seconds(100))
                .result()
            #expect(secret.text == "'t0ken/usr'")
            #expect(try await sandbox.runCode(code).result().text == "'none\(pair.workspace)'")
            let bash = try await sandbox.runCode("echo $BASH_VERSION | cut -c 1", language: .bash).result()
            #expect(bash.stdout == "5\n")
            let slow = try await sandbox.runCode("import time; time.sleep(1000)", timeout: .seconds(2)).result()
            #expect(slow.failure?.name == "TimeoutError")
            await #expect { try await sandbox.runCode("1", language: CodeLanguage(rawValue: "cobol")) } throws: {
                ($0 as? SandboxClientError)?.code != nil
            }
        }
    }

    @Test func `cancelling interrupts the code, and its context lives on`() async throws {
        try await with { sandbox, _ in
            let context = try await sandbox.createCodeContext()
            let seen = Observed(false)
            let task = Task {
                for try await event in try await sandbox.runCode(
                    "y = 5; print('up', flush=True)\nimport time; time.sleep(1000)",
                    in: context.id
                ) {
                    if case .stdout = event { seen.update { $0 = true } }
                }
            }
            #expect(try await seen.wait { $0 })
            task.cancel()
            await #expect(throws: SandboxClientError.cancelled) { try await task.value }
            // Runs of a context take turns: this one has its turn only when the other one is over.
            #expect(try await sandbox.runCode("y", in: context.id).result().text == "5")
        }
    }
}
