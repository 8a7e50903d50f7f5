import CNamespaceShim
import Glibc
import HelperProtocol
import HelperTransport

/// The uid map of an idmapped workspace: user and secure swapped, everything else as it is.
///
/// On disk a file belongs to the user whoever wrote it; in a cell it looks like the cell's own. Id 0 stays
/// out of the map, since writing it would need SETFCAP (user_namespaces(7)).
enum IdentityMap {
    /// One line of /proc/PID/uid_map.
    struct Line: Hashable {
        var inside: UInt32
        var outside: UInt32
        var count: UInt32

        var text: String { "\(inside) \(outside) \(count)\n" }
    }

    /// The map for swapping two ids within the ids that exist here, `available` being the ranges of this
    /// process's own map (a container with a user namespace has few).
    static func swapping(_ first: UInt32, _ second: UInt32, available: [Range<UInt32>]) -> [Line] {
        var lines = [
            Line(inside: first, outside: second, count: 1), Line(inside: second, outside: first, count: 1),
        ]
        for range in available {
            var start = range.lowerBound
            for hole in [0, min(first, second), max(first, second)] where (start..<range.upperBound).contains(hole) {
                if hole > start { lines.append(Line(inside: start, outside: start, count: hole - start)) }
                start = hole + 1
            }
            if start < range.upperBound {
                lines.append(Line(inside: start, outside: start, count: range.upperBound - start))
            }
        }
        return lines
    }

    /// The map that leaves every id but 0 as it is.
    static func unchanged(available: [Range<UInt32>]) -> [Line] {
        available.compactMap { range in
            let start = max(range.lowerBound, 1)
            return start < range.upperBound
                ? Line(inside: start, outside: start, count: range.upperBound - start) : nil
        }
    }

    /// The ids inside this process's user namespace, from the text of its uid_map or gid_map.
    static func available(inMap text: String) -> [Range<UInt32>] {
        text.split(separator: "\n").compactMap { line in
            let numbers = line.split(separator: " ").compactMap { UInt64($0) }
            guard numbers.count == 3, let start = UInt32(exactly: numbers[0]), numbers[2] > 0 else { return nil }
            return start..<UInt32(min(UInt64(start) + numbers[2], UInt64(UInt32.max)))
        }
    }

    /// Makes a user namespace with these maps and returns its descriptor. The namespace has no process.
    static func userNamespace(uids: [Line], gids: [Line]) throws(HelperFailure) -> OwnedDescriptor {
        var child = cns_child()
        try check(cns_clone_user_namespace(&child))
        let pidfd = OwnedDescriptor(adopting: child.pidfd)
        defer {
            _ = cns_signal(pidfd.rawValue, SIGKILL)
            var end = cns_end()
            _ = cns_reap(child.pid, 1, &end)
        }
        try write(uids, to: "/proc/\(child.pid)/uid_map")
        try write(gids, to: "/proc/\(child.pid)/gid_map")
        let descriptor = open("/proc/\(child.pid)/ns/user", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw HelperFailure(.stepFailed, stage: .identityMap, errno: errno) }
        return OwnedDescriptor(adopting: descriptor)
    }

    private static func write(_ lines: [Line], to path: String) throws(HelperFailure) {
        let text = Array(lines.map(\.text).joined().utf8)
        let file = OwnedDescriptor(adopting: open(path, O_WRONLY | O_CLOEXEC))
        // The kernel takes a map in one write and only once.
        guard file.rawValue >= 0, Glibc.write(file.rawValue, text, text.count) == text.count else {
            throw HelperFailure(.stepFailed, stage: .identityMap, errno: errno)
        }
    }

    private static func check(_ code: Int32) throws(HelperFailure) {
        guard code == 0 else { throw HelperFailure(.stepFailed, stage: .identityMap, errno: code) }
    }
}
