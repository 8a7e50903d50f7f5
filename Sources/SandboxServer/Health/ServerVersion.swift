/// The version that `/api/version` and `/health` tell.
enum ServerVersion {
    static let current = "0.1.0"
}
