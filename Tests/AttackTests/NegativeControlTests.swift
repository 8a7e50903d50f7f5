import SandboxTestSupport
import Testing

extension AttackSuite {
    /// For each mitigation a helper without it, against which the same attacks succeed: the suite sees what it looks for.
    @Suite(.serialized, .timeLimit(.minutes(3)))
    struct NegativeControlTests {
        /// Mitigations that are left out together, and the rows that must succeed then.
        struct Control: Sendable, CustomTestStringConvertible {
            var without: String
            var rows: [AttackRow]

            var testDescription: String { "without \(without): \(rows.map(\.id).joined(separator: ", "))" }
        }

        private static var controls: [Control] {
            get async throws {
                let rows = try await AttackCatalogue.rows.filter(\.overHTTP)
                return Set(rows.flatMap(\.controls)).sorted().map { without in
                    Control(without: without, rows: rows.filter { $0.controls.contains(without) })
                }
            }
        }

        @Test(arguments: try await controls)
        func `the attack succeeds`(control: Control) async throws {
            try await AttackedPair.with(without: control.without.split(separator: ",").map(String.init)) { target in
                let ids = control.rows.map(\.id)
                let outcomes = try await AttackCatalogue.attack(target.pair, only: ids, secret: target.secret)
                #expect(outcomes.map(\.id) == ids)
                for outcome in outcomes {
                    #expect(
                        outcome.hasSucceeded,
                        "\(outcome.id) without \(control.without): \(outcome.verdict), \(outcome.seen)"
                    )
                }
            }
        }

        @Test func `a weakened helper that is told to leave out nothing holds`() async throws {
            try await AttackedPair.with(without: [""]) { target in
                let ids = ["A1", "B3", "B6", "C3", "D2", "D4", "E2", "E5", "E10", "E13", "F1", "F19"]
                let outcomes = try await AttackCatalogue.attack(target.pair, only: ids, secret: target.secret)
                #expect(outcomes.allSatisfy { $0.verdict == "held" }, "\(outcomes)")
            }
        }

        @Test func `a name that is no mitigation starts nothing`() async throws {
            let ended = try await PairFixture.runToEnd(PairOptions(server: .standIn, without: ["nothing-at-all"]))
            #expect(ended.end == .exited(78), "\(ended.log)")
            #expect(ended.log.contains("unknown name"))
        }
    }
}
