import Testing

/// Everything that attacks a pair, one after the other: some attacks take every port and every processor there is.
@Suite(.serialized)
enum AttackSuite {}
