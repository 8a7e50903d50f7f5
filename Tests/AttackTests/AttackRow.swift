import Testing

/// One row of the attack suite's catalogue (`Tests/AttackTests/Catalogue`), as `scripts/attack --list --json` prints it.
struct AttackRow: Codable, Sendable, Hashable {
    /// Section and number: `E11`.
    var id: String
    /// The attack in one line.
    var attack: String
    /// What a sandbox that holds shows.
    var expected: String
    /// Whether it can be carried out by a caller of the HTTP API.
    var overHTTP: Bool
    /// Whether it is a documented risk, which is shown and never judged.
    var accepted: Bool
    /// Negative controls; each a list of mitigations, separated by commas, without which the attack succeeds.
    var controls: [String]
    /// Why there is no negative control, where there is none.
    var noControl: String?
    /// Swift test that covers the row: `Suite/function`, or a suite.
    var test: String?
}

extension AttackRow: CustomTestStringConvertible {
    var testDescription: String { "\(id): \(attack)" }
}
