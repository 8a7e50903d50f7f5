import AgentProtocol
import CAgentShim
import Glibc
import HelperProtocol
import HelperTransport

/// Does file operations one after the other, with the rights and in the view of the user it runs as. What it opens it
/// hands to the server, which never looks a user's path up itself.
struct FileAgent: ~Copyable {
    private let channel: RecordChannel

    init(_ channel: consuming RecordChannel) {
        self.channel = channel
    }

    /// Serves until the server closes its end.
    func serve() {
        while let received = try? channel.receive() {
            guard let request = try? FileRequest(received.record) else { return }
            if case .watch(let path, let isRecursive, let skipped) = request {
                return FileWatcher.run(channel, path: path, isRecursive: isRecursive, skipping: skipped)
            }
            do {
                try answer(request)
            } catch {
                say(.failed(errno: error.errno))
            }
        }
    }

    private func answer(_ request: FileRequest) throws(SystemError) {
        switch request {
        case .read(let path): try give(FileOpening.read(path))
        case .write(let path): try give(FileOpening.write(path))
        case .stage(let path):
            let staged = try StagedFile(path)
            say(.done(path: staged.path), staged.file.rawValue)
        case .replace(let staged, let path):
            try FileMoving.replace(staged, path)
            say(.done(path: []))
        case .remove(let path):
            try remove(path)
            say(.done(path: []))
        case .rename(let from, let to):
            try FileMoving.move(from, to)
            say(.done(path: []))
        case .makeDirectory(let path, let withParents):
            try DirectoryMaking.make(path, withParents: withParents)
            say(.done(path: []))
        case .status(let path):
            let file = try FilePlace.open(path, cas_path)
            say(.status(try FileEntry(of: file.rawValue)))
        case .list(let path, let recursive, let hidden):
            let listing = try DirectoryListing.make(path, recursive: recursive, hidden: hidden)
            say(.listed(count: listing.count, isComplete: listing.isComplete), listing.file.rawValue)
        case .resolve(let path): say(.done(path: try FilePlace.resolved(path)))
        case .watch: return
        }
    }

    private func remove(_ path: [UInt8]) throws(SystemError) {
        // The root, and what ends in a dot, can only be directories.
        guard FilePlace.hasName(path) else { throw SystemError(errno: EISDIR) }
        let place = try FilePlace(path)
        // unlinkat(2) on a directory says EISDIR.
        guard unlinkat(place.directory.rawValue, place.name, 0) == 0 else { throw SystemError(errno: errno) }
    }

    private func give(_ file: consuming OwnedDescriptor) throws(SystemError) {
        say(.opened(try FileEntry(of: file.rawValue)), file.rawValue)
    }

    private func say(_ reply: FileReply, _ descriptor: Int32? = nil) {
        try? channel.send(reply.encoded(), descriptors: descriptor.map { [$0] } ?? [])
    }
}
