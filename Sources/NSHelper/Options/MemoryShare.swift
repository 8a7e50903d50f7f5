/// An amount of memory: bytes, or a part of the container's.
enum MemoryShare: Hashable {
    case bytes(UInt64)
    case percent(UInt64)

    /// Reads a number followed by k, m, g or %.
    init?(_ text: String) {
        guard let unit = text.last, let number = UInt32(text.dropLast()), number > 0, text.first != "+" else {
            return nil
        }
        switch unit {
        case "k": self = .bytes(UInt64(number) << 10)
        case "m": self = .bytes(UInt64(number) << 20)
        case "g": self = .bytes(UInt64(number) << 30)
        case "%": self = .percent(UInt64(number))
        default: return nil
        }
    }

    /// How many bytes that is where the whole is `total`.
    func bytes(of total: UInt64) -> UInt64 {
        switch self {
        case .bytes(let bytes): bytes
        case .percent(let percent): total / 100 * percent
        }
    }
}
