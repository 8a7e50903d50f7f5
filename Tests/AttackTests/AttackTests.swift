import HelperClient
import HelperProtocol
import SandboxTestSupport
import Testing

extension AttackSuite {
    /// Every row of the catalogue against a real pair, one test a row, one after the other: some take all of the
    /// processors, some kill whatever runs beside them in `user`.
    @Suite(.serialized, .attackedPair, .timeLimit(.minutes(20)))
    struct AttackTests {
        @Test(arguments: try await AttackCatalogue.rows)
        func `is held`(row: AttackRow) async throws {
            let target = try #require(AttackedPair.current)
            guard row.overHTTP else {
                target.outcomes.update { $0[row.id] = "covered by another test" }
                print(
                    "\(row.id) is covered by \(row.test ?? "nothing"); negative control: \(row.noControl ?? row.controls.description)"
                )
                return
            }
            let restarts = try await target.pair.client.status().serverRestarts
            let outcome = try #require(
                try await AttackCatalogue.attack(target.pair, only: [row.id], secret: target.secret).first
            )
            target.outcomes.update { $0[row.id] = outcome.verdict }
            switch outcome.verdict {
            case "held", "accepted": break
            case "not applicable":
                // What this architecture does not have. A missing tool is a failure.
                #expect(
                    !outcome.seen.hasPrefix("not in the sandbox") && !outcome.seen.hasPrefix("needs"),
                    "\(outcome.seen)"
                )
                print("\(row.id) not tried here: \(outcome.seen). \(row.noControl ?? "")")
            default: Issue.record("\(row.id) \(outcome.verdict): \(outcome.seen)")
            }
            // What nobody over HTTP can see: the log, and the processes behind the API.
            let log = target.pair.helper.errors.text + target.pair.helper.output.text
            #expect(!log.contains("s3cr3t-"), "a credential is in the log")
            #expect(try await target.pair.client.status().serverRestarts == restarts)
            #expect(target.pair.inits == target.pair.initialInits)
        }
    }
}
