/// A value that must not turn up where it does not belong.
enum Canary {
    /// A new one, which nothing has seen before.
    static func make() -> String {
        "s3cr3t-" + String(UInt64.random(in: .min ... .max), radix: 16)
            + String(UInt64.random(in: .min ... .max), radix: 36)
    }

    /// A number of seconds to sleep that finds a process again by its command line.
    static func duration(_ seconds: Int) -> String {
        "\(seconds).\(UInt64.random(in: 100_000_000...999_999_999))"
    }

    /// A script that leaves a process of that duration in the background and goes on when it bears its own name.
    static func sleeper(_ duration: String) -> String {
        "sleep \(duration) & until pgrep -fx 'sleep \(duration)' > /dev/null; do :; done"
    }
}
