#if WEAKENED
    import CNamespaceShim
    import Glibc
    import HelperProtocol

    /// The hooks of a weakened helper: for every policy that is a value, the same without what `SANDBOX_WITHOUT` names
    /// (``Mitigation``, separated by commas). `scripts/build --weakened` sets WEAKENED; `scripts/check-linkage` refuses a
    /// program that has this type in it.
    enum Weakness {
        private static let environment: [String] = {
            var list: [String] = []
            var entry = environ
            while let variable = entry.pointee {
                list.append(String(cString: variable))
                entry += 1
            }
            return list
        }()

        private static let names: [Substring] = {
            let prefix = "SANDBOX_WITHOUT="
            let value = environment.first { $0.hasPrefix(prefix) }?.dropFirst(prefix.count) ?? ""
            return value.split(separator: ",")
        }()

        private static let missing = Set(names.compactMap { Mitigation(rawValue: String($0)) })
        private static let calls = Set(names.compactMap { $0.hasPrefix("call:") ? String($0.dropFirst(5)) : nil })

        /// Reads what is to be left out, while the environment is still there. A name that is none ends the program: a
        /// control that switches nothing off would prove nothing.
        static func begin() {
            guard missing.count + calls.count == names.count else {
                Log.error("SANDBOX_WITHOUT: unknown name among \(names)")
                exit(Int32(RestartPolicy.configurationError))
            }
            Log.warning("THIS HELPER IS WEAKENED, FOR TESTS ALONE. Left out: \(names.isEmpty ? "nothing" : "\(names)")")
        }

        static func lacks(_ mitigation: Mitigation) -> Bool { missing.contains(mitigation) }

        /// The kinds of namespace that a child is cloned into.
        static func namespaces(_ kind: CloneKind) -> UInt64 {
            switch kind {
            case .namespaceInit where lacks(.processNamespace): kind.namespaces & ~cns_new_pid
            case .cell where lacks(.cellIPCNamespace): kind.namespaces & ~cns_new_ipc
            default: kind.namespaces
            }
        }

        /// A cell without a PID namespace is an ordinary child in that of `secure`.
        static func kind(_ kind: CloneKind) -> CloneKind {
            if case .cell = kind, lacks(.cellProcessNamespace) { return .plain }
            return kind
        }

        static func rules(_ rules: [SystemCallRule]) -> [SystemCallRule] {
            rules.filter { calls.isDisjoint(with: $0.names) }
        }

        static func variables(_ variables: [EnvironmentVariable]) -> [EnvironmentVariable] {
            var variables = variables
            if lacks(.protectiveEnvironment) {
                variables.removeAll { variable in
                    ["GIT_", "PYTHON", "TMPDIR"].contains { variable.name.starts(with: $0.utf8) }
                }
            }
            if lacks(.emptyEnvironment) {
                variables += environment.compactMap { entry in
                    guard let equals = entry.firstIndex(of: "=") else { return nil }
                    let name = String(entry[..<equals])
                    guard !variables.contains(where: { $0.name == Array(name.utf8) }) else { return nil }
                    return EnvironmentVariable(name, String(entry[entry.index(after: equals)...]))
                }
            }
            return variables
        }

        /// What the server is told about uids: with two that nobody has, it refuses nobody.
        static func identities(_ ids: SandboxIdentities) -> SandboxIdentities {
            guard lacks(.peerCheck) else { return ids }
            var ids = ids
            (ids.user, ids.secure) = (0xFFFF_FFF0, 0xFFFF_FFF1)
            return ids
        }

        /// Whose uid a cell of mode `users` has: with that of `user`, it is one of them.
        static func cell(_ cell: CellIdentity, _ layout: SandboxLayout) -> CellIdentity {
            guard lacks(.cellUID) else { return cell }
            return CellIdentity(uid: layout.ids.user, keeper: cell.keeper, directory: cell.directory)
        }

        /// Spoils a held port.
        static func spoil(_ descriptor: Int32, port: UInt16) {
            if lacks(.dualStack) {
                let listener = socket(
                    AF_INET,
                    Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue),
                    0
                )
                // In place of the old one, whose end frees the port.
                var address = sockaddr_in()
                address.sin_family = sa_family_t(AF_INET)
                address.sin_port = port.bigEndian
                guard dup2(listener, descriptor) >= 0,
                    withUnsafePointer(
                        to: &address,
                        { pointer in
                            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                            }
                        }
                    ) == 0, listen(descriptor, HeldPorts.backlog) == 0
                else { return Log.error("cannot hold \(port) for IPv4 alone") }
                close(listener)
            }
            if lacks(.exclusivePorts) {
                var on: Int32 = 1
                setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
                setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, socklen_t(MemoryLayout<Int32>.size))
            }
        }

        /// Lets go of a port that the server has been given.
        static func letGo(_ descriptors: [Int32]) {
            guard lacks(.heldPorts) else { return }
            let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
            for descriptor in descriptors { dup2(null, descriptor) }
            close(null)
        }
    }
#endif
