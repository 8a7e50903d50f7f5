import FoundationEssentials
import Glibc
import HelperProtocol
import NIOHTTP1
import SandboxAPI
import SandboxTestSupport
import Testing

/// `/api/contexts` and `/api/execute/code`.
@Suite(.timeLimit(.minutes(20)))
struct InterpreterTests {
    @Test func `a context keeps its state, shows values in every form and is gone when it is deleted`() async throws {
        try await PairFixture.with(try .interpreter()) { pair in
            let api = pair.api
            try await api.untilInterpreterIsReady()
            #expect(try await api.health().interpreter == "ready")
            let context = try await api.context()
            let rows = try await api.request(.GET, "/api/contexts").decoded(ContextListResponse.self).contexts
            #expect(rows == [ContextListResponse.Row(id: context, language: "python", cwd: pair.workspace)])

            _ = try await api.code("x = 40", in: context)
            let sum = try await api.code("x + 2", in: context)
            #expect(sum.map(\.type) == ["result", "execution_complete"])
            #expect(sum.first?.text == "42" && sum.last?.count == 2)
            let json = try await api.code("{'a': [1, None]}", in: context).first?.json
            #expect(json == .object(["a": .array([.integer(1), .null])]))
            let streams = try await api.code("import sys; print('out'); print('err', file=sys.stderr)", in: context)
            #expect(streams.first { $0.type == "stdout" }?.text == "out\n")
            #expect(streams.first { $0.type == "stderr" }?.text == "err\n")
            let awaited = try await api.value("import asyncio\nawait asyncio.sleep(0)\n'awaited'", in: context)
            #expect(awaited == "'awaited'")

            let table = try await api.code("import pandas; pandas.DataFrame({'a': [1, 2]})", in: context)
            #expect(table.first?.html?.contains("<table") == true && table.first?.text?.contains("a") == true)

            let failure = try #require(try await api.code("def f(): return 1 / 0\nf()", in: context).last)
            #expect(failure.type == "error" && failure.ename == "ZeroDivisionError")
            #expect(failure.evalue == "division by zero" && failure.traceback?.isEmpty == false)
            #expect(try await api.code("def", in: context).last?.ename == "SyntaxError")

            #expect(try await api.request(.DELETE, "/api/contexts/\(context)").status == 200)
            #expect(try await api.request(.DELETE, "/api/contexts/\(context)").status == 404)
            #expect(try await api.attemptCode("1", in: context).status == 404)
        }
    }

    @Test func `a figure is a picture of the size it was asked for`() async throws {
        try await PairFixture.with(try .interpreter()) { pair in
            try await pair.api.untilInterpreterIsReady()
            let events = try await pair.api.code(
                """
                import matplotlib.pyplot as plt
                figure = plt.figure(figsize=(4, 3), dpi=100)
                axes = figure.add_axes((0, 0, 1, 1))
                axes.axis('off')
                axes.imshow([[0]], cmap='gray', aspect='auto')
                plt.rcParams['savefig.bbox'] = None
                plt.show()
                """
            )
            let picture = try #require(events.first { $0.type == "result" }?.png)
            let bytes = try #require(Data(base64Encoded: picture.filter { !$0.isWhitespace }))
            // PNG: eight bytes of signature, then IHDR with width and height (RFC 2083, 4.1.1).
            #expect(Array(bytes.prefix(8)) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
            let size = (0..<2).map { index in
                bytes[(16 + 4 * index)..<(20 + 4 * index)].reduce(0) { $0 << 8 | Int($1) }
            }
            #expect(size.allSatisfy { (200...500).contains($0) }, "\(size)")
            #expect(bytes.count > 200)
        }
    }

    @Test func `outputs come while the code runs`() async throws {
        try await PairFixture.with(try .interpreter()) { pair in
            try await pair.api.untilInterpreterIsReady()
            let meeting = try await Rendezvous(pair, "code")
            let code = """
                import subprocess
                print('first', flush=True)
                subprocess.run('''\(meeting.meet)''', shell=True)
                print('last')
                """
            let body = String(decoding: try JSONEncoder().encode(ExecuteCodeRequest(code: code)), as: UTF8.self)
            var isReleased = false
            try await pair.api.follow("/api/execute/code", body) { text in
                if !isReleased, text.contains("first\\n") {
                    // Nothing more is written before this has been read.
                    #expect(!text.contains("last\\n"))
                    isReleased = true
                    try await meeting.arrived()
                    try await meeting.release()
                }
                return text.contains("execution_complete")
            }
            #expect(isReleased)
        }
    }

    @Test func `bash, JavaScript and TypeScript run too, and share the files`() async throws {
        try await PairFixture.with(try .interpreter()) { pair in
            let api = pair.api
            try await api.untilInterpreterIsReady()
            #expect(try await api.value("open('shared', 'w').write('from python')") == "11")

            let bash = try await api.context("bash")
            _ = try await api.code("x=$(cat shared)", in: bash)
            #expect(try await api.value("echo $x; id -u", in: bash) == "from python\n\(pair.ids.user)\n")

            let script = try await api.context("javascript")
            _ = try await api.code("const a = await Promise.resolve(20)", in: script)
            #expect(try await api.value("a + 22", in: script) == "42")
            let read = try await api.value("await Deno.readTextFile('shared')", in: script)
            #expect(read?.contains("from python") == true)
            #expect(try await api.code("throw new TypeError('no')", in: script).last?.ename == "TypeError")

            let typed = try await api.context("typescript")
            #expect(try await api.value("interface P { n: number }; const p: P = { n: 7 }; p.n", in: typed) == "7")
            // Deno calls itself idle before the result is out, now and then: none may be missing.
            for number in 0..<50 { #expect(try await api.value("p.n + \(number)", in: typed) == "\(7 + number)") }
            // None of them listens where anybody could connect: these would be named, others' are not.
            let listening = "ss -Hltnp | grep 'users:' || true"
            #expect(try await api.output(listening).isEmpty)
        }
    }

    @Test func `many lines of JavaScript come whole, and none of them in the next run`() async throws {
        try await PairFixture.with(try .interpreter()) { pair in
            let api = pair.api
            try await api.untilInterpreterIsReady()
            let script = try await api.context("javascript")
            // Deno queues them, and calls itself idle when the code has ended.
            for count in [3000, 0, 1] {
                let code = "for (let i = 0; i < \(count); i++) console.log(i);\n'end'"
                let events = try await api.code(code, in: script)
                let written = events.filter { $0.type == "stdout" }.compactMap(\.text).joined()
                #expect(written == (0..<count).map { "\($0)\n" }.joined(), "\(count)")
                #expect(events.filter { $0.type == "result" }.map(\.text) == ["\"end\""], "\(count)")
                #expect(events.last?.type == "execution_complete")
            }
            // What marks the end is no code of the caller's.
            #expect(try await api.code("1", in: script).last?.count == 4)
        }
    }

    @Test func `bash runs its lines one after the other without waiting in between`() async throws {
        try await PairFixture.with(try .interpreter()) { pair in
            let api = pair.api
            try await api.untilInterpreterIsReady()
            let bash = try await api.context("bash")
            let lines = 400
            let start = ContinuousClock.now
            let code = Array(repeating: "n=$((n + 1))", count: lines).joined(separator: "\n") + "\necho $n"
            #expect(try await api.value(code, in: bash) == "\(lines)\n")
            // pexpect pauses for 50 ms before each line if it is not told otherwise: 20 s at least.
            #expect(ContinuousClock.now - start < .milliseconds(50 * lines))
        }
    }

    @Test func `no kernel has a debugger, which would listen on TCP; code may import its own`() async throws {
        try await PairFixture.with(try .interpreter()) { pair in
            let api = pair.api
            try await api.untilInterpreterIsReady()
            let found = """
                import sys
                ('debugger' in get_ipython().kernel.kernel_info['supported_features'], 'debugpy' in sys.modules)
                """
            let context = try await api.context()
            #expect(try await api.value(found, in: context) == "(False, False)")
            #expect(try await api.value("import debugpy; debugpy.__name__", in: context) == "'debugpy'")
        }
    }

    @Test func `contexts run side by side, and one context runs one thing at a time`() async throws {
        try await PairFixture.with(try .interpreter()) { pair in
            let api = pair.api
            try await api.untilInterpreterIsReady()
            var contexts: [String] = []
            for _ in 0..<4 {
                contexts += try await withThrowingTaskGroup(of: String.self) { group in
                    for _ in 0..<3 { group.addTask { try await api.context() } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
            }
            #expect(Set(contexts).count == 12)
            // They wait for each other, so they run at the same time.
            try await withThrowingTaskGroup(of: String?.self) { group in
                let meet = """
                    import os, time
                    open(f'here-{os.getpid()}', 'w').close()
                    while len([n for n in os.listdir() if n.startswith('here-')]) < 12: time.sleep(0.01)
                    'met'
                    """
                for context in contexts { group.addTask { try await api.value(meet, in: context) } }
                for try await text in group { #expect(text == "'met'") }
            }
            // Each sees all that those before it did: nothing is lost by taking turns.
            let first = contexts[0]
            _ = try await api.code("n = 0", in: first)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<5 {
                    let code = "m = n; await __import__('asyncio').sleep(0.05); n = m + 1"
                    group.addTask { _ = try await api.code(code, in: first) }
                }
                try await group.waitForAll()
            }
            #expect(try await api.value("n", in: first) == "5")
        }
    }
}
