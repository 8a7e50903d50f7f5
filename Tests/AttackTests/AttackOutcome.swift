/// What became of one attack, as `scripts/attack --json` prints it.
struct AttackOutcome: Codable, Sendable {
    /// The row's id.
    var id: String
    /// `held`, `accepted`, `not promised`, `not applicable`, `broken` or `error`.
    var verdict: String
    /// What the attack saw.
    var seen: String
    /// How long it took.
    var milliseconds: Int

    /// Whether the attack itself reached what it was after; that the API no longer answers, for instance, proves nothing.
    var hasSucceeded: Bool { ["broken", "not promised"].contains(verdict) && !seen.contains("; afterwards") }
}
