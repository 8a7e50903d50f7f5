public import FoundationEssentials

/// Times as the API writes them: ISO 8601, UTC, with milliseconds, such as `2026-01-31T23:59:59.999Z`.
public enum Timestamp {
    /// The text for a point in time.
    public static func text(_ date: Date) -> String {
        date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    /// The text for this moment.
    public static func now() -> String { text(Date.now) }
}
