/// The filters that the helper builds once at start.
enum FilterName: Int, CaseIterable, Hashable {
    /// For everything in the user namespace: debugging allowed, kernel administration not.
    case user
    /// For everything in a cell: as `user`, and nobody looks into another process.
    case secure
    /// For a command with credentials in mode `users`: as `secure`, and no object that would outlive it.
    case userCell
    /// For commands of `user` in mode `landlock`: as `user`, and hands off whoever else has the one uid.
    case domainUser
    /// For commands with credentials in mode `landlock`: as `userCell`, and the same.
    case domainCell
    /// On top of a cell's own, where cells may not listen.
    case noListening
    /// For the server, on top of `secure`, installed by itself once it runs: no new program ever.
    case server
    /// For the inits: a dozen calls.
    case namespaceInit
    /// For the keepers of modes `users` and `landlock`: the same, and what ending everybody of a uid and removing a directory takes.
    case keeper
}
