/// Who may use the API (G7): everybody but what runs in the sandbox, and nobody on this host who cannot be told apart.
struct PeerPolicy: Sendable {
    /// The uids of `user` and `secure`; nil where they are not distinct from others and nothing can be refused.
    let sandboxUIDs: Set<UInt32>?

    /// What becomes of a connection.
    enum Verdict: Equatable, Sendable {
        case permitted
        /// The caller runs inside the sandbox.
        case sandboxed
        /// The caller is on this host, but nobody holds its socket any more, or it is not to be found.
        case unidentified
    }

    /// Judges one caller.
    ///
    /// - Parameter isOwnAddress: Asked only when the addresses alone do not tell whether the caller is on this host.
    func verdict(_ answer: SocketDiagnosis.Answer, _ addresses: PeerAddresses, isOwnAddress: () -> Bool) -> Verdict {
        guard let sandboxUIDs else { return .permitted }
        switch answer {
        case .socket(let state, let uid, let inode)
        where inode != 0 && SocketDiagnosis.connectedStates.contains(state):
            return sandboxUIDs.contains(uid) ? .sandboxed : .permitted
        case .socket, .notFound, .unreadable:
            // A caller on another host has no socket here, so not finding one is what we expect of it.
            return addresses.isLocal || isOwnAddress() ? .unidentified : .permitted
        }
    }
}
