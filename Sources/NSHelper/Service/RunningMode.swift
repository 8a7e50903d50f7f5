import HelperProtocol

/// What the helper found out at start about the isolation that can be had here.
enum RunningMode {
    /// Three namespaces, all proven.
    case namespaces(NamespaceSet)
    /// Mode `users` or `landlock`: separate uids or Landlock domains, all proven.
    case kept(KeptSpaces)
    /// Mode `none`. With privilege the three parties have their own uids at least.
    case open
    /// The demanded mode cannot be had: health is served, nothing is started.
    case unavailable

    /// The mode as told in `hello`.
    var isolation: IsolationMode? {
        switch self {
        case .namespaces: .namespaces
        case .kept(let spaces): spaces.mode
        case .open: IsolationMode.none
        case .unavailable: nil
        }
    }
}
