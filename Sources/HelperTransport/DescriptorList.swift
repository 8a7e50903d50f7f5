import Glibc

/// The descriptors that came with a record. Whatever is not taken out is closed with the list.
public struct DescriptorList: ~Copyable, Sendable {
    private var rawValues: [Int32]

    /// Takes over the given descriptors.
    public init(adopting rawValues: [Int32] = []) {
        self.rawValues = rawValues
    }

    deinit {
        for rawValue in rawValues where rawValue >= 0 { close(rawValue) }
    }

    /// How many arrived, taken ones included.
    public var count: Int { rawValues.count }

    /// The number at `index` for system calls; -1 if it has been taken. The list keeps ownership.
    public subscript(index: Int) -> Int32 { rawValues[index] }

    /// Moves one descriptor out of the list; nil if it is not there any more.
    public mutating func take(_ index: Int) -> OwnedDescriptor? {
        guard rawValues.indices.contains(index), rawValues[index] >= 0 else { return nil }
        defer { rawValues[index] = -1 }
        return OwnedDescriptor(adopting: rawValues[index])
    }
}
