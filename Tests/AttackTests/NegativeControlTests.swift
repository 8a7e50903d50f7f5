import SandboxTestSupport
import Testing

extension AttackSuite {
    /// For each mitigation a helper without it, against which the same attacks succeed: the suite sees what it looks for.
    @Suite(.serialized, .timeLimit(.minutes(20)))
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

        /// Of every control that takes several mitigations away, all but one. What hangs on no_new_privs cannot stay without it.
        private static var layers: [Control] {
            get async throws {
                try await controls.flatMap { control in
                    let names = control.without.split(separator: ",")
                    let layers = names.contains("no-new-privileges") ? ["no-new-privileges", "nosuid"] : names
                    guard names.count > 1 else { return [Control]() }
                    return layers.map { layer in
                        let rest = names.filter { name in
                            name != layer
                                && !(layer == "no-new-privileges" && ["seccomp", "landlock-scope"].contains(name))
                        }
                        return Control(without: rest.joined(separator: ","), rows: control.rows)
                    }
                }
            }
        }

        @Test(arguments: try await layers)
        func `one layer of several is enough`(control: Control) async throws {
            try await AttackedPair.with(without: control.without.split(separator: ",").map(String.init)) { target in
                let ids = control.rows.map(\.id)
                let outcomes = try await AttackCatalogue.attack(target.pair, only: ids, secret: target.secret)
                #expect(outcomes.map(\.id) == ids)
                #expect(outcomes.allSatisfy { $0.verdict == "held" }, "without \(control.without): \(outcomes)")
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
