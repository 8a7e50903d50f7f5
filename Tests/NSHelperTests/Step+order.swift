import Testing

@testable import NSHelper

extension Step {
    /// The case's name, without what belongs to it.
    var name: String { Mirror(reflecting: self).children.first?.label ?? "\(self)" }
}

extension [Step] {
    /// Where steps of this name are.
    func positions(_ name: String) -> [Int] { indices.filter { self[$0].name == name } }

    /// Checks that both kinds of step are there, and that the last of the one comes before the first of the other.
    func expect(_ earlier: String, before later: String, sourceLocation: SourceLocation = #_sourceLocation) {
        guard let last = positions(earlier).last, let first = positions(later).first else {
            Issue.record("\(earlier) or \(later) is missing in \(map(\.name))", sourceLocation: sourceLocation)
            return
        }
        #expect(last < first, "\(earlier) must come before \(later)", sourceLocation: sourceLocation)
    }
}
