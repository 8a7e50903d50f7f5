/// Durations of the same thing, measured again and again.
struct Samples {
    private var microseconds: [Double] = []

    mutating func add(_ duration: Duration) {
        microseconds.append(duration / .microseconds(1))
    }

    mutating func add(microseconds: UInt64) {
        self.microseconds.append(Double(microseconds))
    }

    /// The value that this part of all samples does not exceed, in microseconds.
    func quantile(_ part: Double) -> Double {
        let sorted = microseconds.sorted()
        return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]
    }

    /// The same, in milliseconds, for people.
    func text(_ part: Double) -> String { "\((quantile(part) / 1000).text(2)) ms" }
}

extension Double {
    /// With so many digits after the point.
    func text(_ digits: Int) -> String {
        var power = 1
        for _ in 0..<digits { power *= 10 }
        let scaled = Int((self * Double(power)).rounded())
        let fraction = String(scaled % power)
        return "\(scaled / power)." + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}
