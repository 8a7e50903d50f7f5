/// The version of the pair: helper, server and protocol library are released together.
public enum PairVersion {
    /// Shown by `--version`, `hello`, `/health` and `/api/version`.
    public static let current = "0.1.0"
}
