import HelperProtocol

/// The version that `/api/version` and `/health` tell.
enum ServerVersion {
    static let current = PairVersion.current
}
