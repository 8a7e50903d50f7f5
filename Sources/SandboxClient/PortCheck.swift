/// When a port counts as ready.
public enum PortCheck: Sendable, Hashable {
    /// A connection is enough.
    case tcp
    /// An answer to a request for `path` is wanted, with a status from 200 to 399 unless `statuses` says otherwise.
    case http(path: String = "/", statuses: ClosedRange<Int> = 200...399)
}
