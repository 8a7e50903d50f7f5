import AgentProtocol
import CAgentShim
import Glibc
import HelperTransport

/// Watches one directory or file, and everything below it if asked, until the server closes its end. inotify(7).
struct FileWatcher: ~Copyable {
    private static let mask = UInt32(
        IN_CREATE | IN_MODIFY | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF
    )
    /// Links are not followed out of the watched tree.
    private static let below = mask | UInt32(IN_ONLYDIR) | UInt32(IN_DONT_FOLLOW)

    private let inotify: OwnedDescriptor
    private let isRecursive: Bool
    private let skipped: Set<[UInt8]>
    private var root: Int32 = -1
    private var paths: [Int32: [UInt8]] = [:]

    /// Watches and reports until there is nobody to report to.
    static func run(
        _ channel: borrowing RecordChannel,
        path: [UInt8],
        isRecursive: Bool,
        skipping: [[UInt8]]
    ) {
        do {
            var descriptor: Int32 = -1
            try SystemError.check(cas_inotify(&descriptor))
            let inotify = OwnedDescriptor(adopting: descriptor)
            var watcher = FileWatcher(inotify: inotify, isRecursive: isRecursive, skipping: skipping)
            try watcher.start(path)
            try channel.send(FileReply.watching.encoded())
            try watcher.serve(channel)
        } catch {
            try? channel.send(FileReply.failed(errno: error.errno).encoded())
        }
    }

    private init(inotify: consuming OwnedDescriptor, isRecursive: Bool, skipping: [[UInt8]]) {
        self.inotify = inotify
        skipped = Set(skipping)
        self.isRecursive = isRecursive
    }

    private mutating func start(_ path: [UInt8]) throws(SystemError) {
        try SystemError.check(cas_watch(inotify.rawValue, FilePlace.text(path), Self.mask, &root))
        paths[root] = path
        if isRecursive { _ = try addBelow(path) }
    }

    private mutating func serve(_ channel: borrowing RecordChannel) throws(SystemError) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            var descriptors = [
                pollfd(fd: channel.rawValue, events: Int16(POLLIN), revents: 0),
                pollfd(fd: inotify.rawValue, events: Int16(POLLIN), revents: 0),
            ]
            _ = poll(&descriptors, 2, -1)
            // Nothing is asked of a watcher: what can be read is the end.
            if descriptors[0].revents != 0 { return }
            let count = read(inotify.rawValue, &buffer, buffer.count)
            guard count > 0 else { continue }
            var changes: [FileChange] = []
            var offset = 0
            while offset < count {
                var event = cas_event()
                let used = buffer.withUnsafeBytes { bytes in
                    bytes.baseAddress.map { cas_next_event($0 + offset, count - offset, &event) } ?? 0
                }
                guard used > 0 else { break }
                let name = event.name.map { Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) } ?? []
                changes += try self.changes(event, name)
                offset += used
            }
            // A server that does not read holds this up; the kernel's queue then fills and says so.
            for change in changes {
                try channel.send(FileReply.changed(change).encoded())
                if change.kind == .gone { return }
            }
        }
    }

    private mutating func changes(_ event: cas_event, _ name: [UInt8]) throws(SystemError) -> [FileChange] {
        func has(_ bit: Int) -> Bool { event.mask & UInt32(bit) != 0 }
        if has(Int(IN_Q_OVERFLOW)) { return [FileChange(kind: .overflow, path: [], isDirectory: false)] }
        guard let directory = paths[event.watch] else { return [] }
        if has(Int(IN_IGNORED)) {
            paths[event.watch] = nil
            return event.watch == root ? [FileChange(kind: .gone, path: directory, isDirectory: false)] : []
        }
        let path = name.isEmpty ? directory : directory + [UInt8(ascii: "/")] + name
        let isDirectory = has(Int(IN_ISDIR))
        var changes: [FileChange] = []
        func note(_ kind: FileChange.Kind) {
            changes.append(FileChange(kind: kind, path: path, isDirectory: isDirectory))
        }
        if has(Int(IN_CREATE)) { note(.create) }
        if has(Int(IN_MODIFY)) { note(.modify) }
        if has(Int(IN_DELETE)) || (has(Int(IN_DELETE_SELF)) && event.watch == root) { note(.delete) }
        if has(Int(IN_MOVED_FROM)) { note(.moveFrom) }
        if has(Int(IN_MOVED_TO)) { note(.moveTo) }
        // A directory's own change is reported by the directory above it too.
        if has(Int(IN_ATTRIB)), !(name.isEmpty && isDirectory && event.watch != root) { note(.attributes) }
        if has(Int(IN_MOVE_SELF)), event.watch == root {
            note(.moveFrom)
            changes.append(FileChange(kind: .gone, path: path, isDirectory: isDirectory))
        }
        guard isRecursive, isDirectory else { return changes }
        if has(Int(IN_MOVED_FROM)) { forget(path) }
        if has(Int(IN_CREATE)) || has(Int(IN_MOVED_TO)), !skipped.contains(name) {
            // What was made in it before it was watched is reported as well; what comes twice is merged later.
            changes += try addTree(path)
        }
        return changes
    }

    /// Watches a directory and everything below it; returns what was found in it.
    private mutating func addTree(_ path: [UInt8]) throws(SystemError) -> [FileChange] {
        var watch: Int32 = -1
        let code = cas_watch(inotify.rawValue, FilePlace.text(path), Self.below, &watch)
        // Gone again, not ours to see, or deeper than a path can say.
        if [ENOENT, ENOTDIR, EACCES, EPERM, ELOOP, ENAMETOOLONG].contains(code) { return [] }
        try SystemError.check(code)
        paths[watch] = path
        return try addBelow(path)
    }

    private mutating func addBelow(_ path: [UInt8]) throws(SystemError) -> [FileChange] {
        guard let directory = try? FilePlace.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW),
            let items = try? DirectoryNames.read(directory.rawValue)
        else { return [] }
        var changes: [FileChange] = []
        for item in items {
            let child = path + [UInt8(ascii: "/")] + item.name
            changes.append(FileChange(kind: .create, path: child, isDirectory: item.isDirectory))
            if item.isDirectory, !skipped.contains(item.name) { changes += try addTree(child) }
        }
        return changes
    }

    private mutating func forget(_ path: [UInt8]) {
        let prefix = path + [UInt8(ascii: "/")]
        for (watch, watched) in paths where watched == path || watched.starts(with: prefix) {
            inotify_rm_watch(inotify.rawValue, watch)
            paths[watch] = nil
        }
    }
}
