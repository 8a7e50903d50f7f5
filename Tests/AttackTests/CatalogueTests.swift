import SandboxTestSupport
import Testing

extension AttackSuite {
    /// The catalogue is whole, and what is written about it is true.
    @Suite(.timeLimit(.minutes(20)))
    struct CatalogueTests {
        /// How many rows each section has.
        private static let sections = [
            "A": 14, "B": 13, "C": 18, "D": 20, "E": 37, "F": 33, "G": 18, "H": 10, "P": 10,
        ]

        @Test func `every row of every section is there once`() async throws {
            let ids = try await AttackCatalogue.rows.map(\.id)
            let expected = Self.sections.flatMap { section, count in (1...count).map { "\(section)\($0)" } }
            #expect(Set(ids) == Set(expected), "\(Set(expected).symmetricDifference(ids).sorted())")
            #expect(ids.count == expected.count)
        }

        @Test func `every row has a negative control, or a reason why not`() async throws {
            for row in try await AttackCatalogue.rows where row.controls.isEmpty {
                #expect(row.noControl != nil || row.accepted, "\(row.id)")
            }
        }

        @Test func `every mitigation that can be left out has an attack that succeeds without it`() async throws {
            let source = try Self.text("Sources/NSHelper/Weakened/Mitigation.swift")
            let names = source.split(separator: "\n").filter { $0.contains(" case ") }.compactMap {
                $0.split(separator: "\"").dropFirst().first.map(String.init)
            }
            let used = Set(try await AttackCatalogue.rows.flatMap { $0.controls.flatMap { $0.split(separator: ",") } })
            #expect(names.count > 20)
            for name in names { #expect(used.contains(Substring(name)), "no attack for '\(name)'") }
        }

        @Test func `the tests that rows point to exist`() async throws {
            for row in try await AttackCatalogue.rows {
                guard let test = row.test else {
                    #expect(row.overHTTP, "\(row.id) is neither carried out nor covered elsewhere")
                    continue
                }
                let parts = test.split(separator: "/", maxSplits: 1)
                let files = try await ChildProcess.run([
                    "grep", "-rlE", "(struct|extension) \(parts[0])\\b", AttackCatalogue.tree + "/Tests",
                    "--include=*.swift",
                ]).output.split(separator: "\n")
                let texts = files.compactMap { FileBytes.read(String($0)) }.map { String(decoding: $0, as: UTF8.self) }
                #expect(!texts.isEmpty, "\(row.id): no suite \(parts[0])")
                if parts.count == 2 {
                    #expect(
                        texts.contains { $0.contains("func `\(parts[1])`(") || $0.contains("func \(parts[1])(") },
                        "\(row.id): no test \(test)"
                    )
                }
            }
        }

        @Test func `the page of attacks is made from the catalogue`() async throws {
            let made = try await AttackCatalogue.run(["--document"]).output
            #expect(made == (try Self.text("Docs/Attacks.md")), "run scripts/attack --document > Docs/Attacks.md")
        }

        @Test func `a pair that isolates nothing is not attacked`() async throws {
            try await PairFixture.with(PairOptions(isolation: "none")) { pair in
                let result = try await AttackCatalogue.run(["http://127.0.0.1:\(pair.apiPort)"])
                #expect(result.end == .exited(2))
                #expect(result.errors.contains("mode none"))
            }
        }

        @Test func `a search for credentials that was cut off proves nothing`() async throws {
            let script = """
                import sys
                sys.path.insert(0, sys.argv[1])
                from pair import Answer, Pair, Result, Unfinished
                pair = Pair.__new__(Pair)
                pair.workspace, pair.call = "/workspace", lambda *_: Answer(200, "")
                for output in ("", "/tmp/a", "searched", "/tmp/a\\nsearched"):
                    pair.canaries = ["s3cr3t-" + "0" * 32]
                    pair.run = lambda *_, **__: Result(0, output, "")
                    try: print(len(pair.leaks()))
                    except Unfinished: print("unfinished")
                """
            let folder = AttackCatalogue.tree + "/Tests/AttackTests/Catalogue"
            let result = try await ChildProcess.run(["python3", "-B", "-c", script, folder])
            #expect(result.output == "unfinished\nunfinished\n0\n2\n", "\(result.errors)")
        }

        @Test func `what cannot be attacked is told`() async throws {
            for arguments in [[], ["http://127.0.0.1:1"], ["ftp://a"], ["http://127.0.0.1:1", "--only", "Z9"]] {
                let result = try await AttackCatalogue.run(arguments)
                #expect(result.end != .exited(0), "\(arguments)")
                #expect(result.errors.contains("scripts/attack"), "\(result.errors)")
            }
        }

        private static func text(_ path: String) throws -> String {
            guard let content = FileBytes.read(AttackCatalogue.tree + "/" + path) else {
                throw TestFailure("no \(path)")
            }
            return String(decoding: content, as: UTF8.self)
        }
    }
}
