import CNamespaceShim

/// The kinds of namespace a child joins (namespaces(7)).
enum NamespaceKind: Hashable {
    case process, mount, ipc, uts
}

extension NamespaceKind {
    var flag: UInt64 {
        switch self {
        case .process: cns_new_pid
        case .mount: cns_new_mount
        case .ipc: cns_new_ipc
        case .uts: cns_new_uts
        }
    }
}
