/// Names one process on the wire: a slot of the helper's table and the generation of its use.
///
/// A pid never names a process on the wire, because pids are reused. A handle whose generation is over
/// is answered with ``HelperFailure/Code/unknownProcess``.
public struct ProcessHandle: Sendable, Hashable {
    /// Index into the helper's process table.
    public var slot: UInt32
    /// How often the slot had been used before, plus one; never 0.
    public var generation: UInt32

    /// Makes a handle from its two halves.
    public init(slot: UInt32, generation: UInt32) {
        self.slot = slot
        self.generation = generation
    }

    /// The handle as one number: generation in the upper, slot in the lower 32 bits.
    public var rawValue: UInt64 { UInt64(generation) << 32 | UInt64(slot) }

    /// Splits a raw value.
    public init(rawValue: UInt64) {
        self.init(slot: UInt32(truncatingIfNeeded: rawValue), generation: UInt32(truncatingIfNeeded: rawValue >> 32))
    }
}
