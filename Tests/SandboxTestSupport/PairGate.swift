/// Lets few pairs run at once, whatever number of tests the runner starts: each has a dozen processes, and a machine
/// that is busy with others' pairs would make a test's deadlines meaningless.
enum PairGate {
    /// Pairs within a pair's own test do not wait, or they would wait for themselves.
    @TaskLocal private static var isInside = false
    private static let width = 4
    private static let inside = Observed(0)

    static func with<Value>(_ body: () async throws -> Value) async throws -> Value {
        if isInside { return try await body() }
        var hasEntered = false
        while !hasEntered {
            try await inside.wait { $0 < width }
            // Somebody else may have been faster.
            hasEntered = inside.update { count in
                guard count < width else { return false }
                count += 1
                return true
            }
        }
        defer { inside.update { $0 -= 1 } }
        return try await $isInside.withValue(true) { try await body() }
    }
}
