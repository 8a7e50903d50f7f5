import Glibc
import SandboxAPI
import SandboxClient

/// Copies out of the sandbox. Names come from user code: none may lead out of the destination.
struct Download {
    let client: SandboxClient
    let progress: Progress
    let leftOut: LeftOut

    /// Copies a file or a directory, into the destination if that is a directory, or else as the destination.
    func copy(_ source: String, to destination: String) async throws {
        var target = destination
        if case .directory = try LocalTree.kind(destination, following: true) {
            let name = LocalTree.name(source)
            target = [".", "..", ""].contains(name) ? destination : LocalTree.join(destination, name)
        }
        do {
            try await copyDirectory(source, to: target)
        } catch let error as SandboxClientError where error.code == .notDirectory {
            try await copyFile(source, to: target)
        }
    }

    private func copyDirectory(_ source: String, to target: String) async throws {
        let entries = try await client.list(source)
        if mkdir(target, 0o777) != 0, errno != EEXIST { throw SandboxctlError.local(target, errno) }
        for entry in entries {
            // The server gives single components; what is taken for a path here must be one too, whoever made it.
            guard !entry.name.isEmpty, entry.name != ".", entry.name != "..", !entry.name.contains("/") else {
                continue
            }
            let path = LocalTree.join(source, entry.name)
            let place = LocalTree.join(target, entry.name)
            do {
                try await copy(entry.type, path, to: place)
            } catch let error as SandboxClientError where Self.isAboutOne(error) {
                leftOut.add("\(path): \(error)")
            }
        }
    }

    /// Whether the others may be copied all the same. A name that is no UTF-8 comes repaired, and leads to nothing.
    private static func isAboutOne(_ error: SandboxClientError) -> Bool {
        [.fileNotFound, .permissionDenied, .isDirectory, .notDirectory, .nameTooLong].contains(error.code)
    }

    private func copy(_ type: FileListEntry.Kind, _ path: String, to place: String) async throws {
        switch type {
        case .file: try await copyFile(path, to: place)
        case .directory: try await copyDirectory(path, to: place)
        case .symlink, .other: Output.error("sandboxctl: left out, because it is no file: \(Printable.text(path))")
        }
    }

    private func copyFile(_ source: String, to target: String) async throws {
        let file = try await client.download(source)
        // Never through a link: whoever made one here, it was not this program.
        let descriptor = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o666)
        guard descriptor >= 0 else { throw SandboxctlError.local(target, errno) }
        defer { close(descriptor) }
        progress.begin(source, size: file.size)
        var done = 0
        for try await piece in file {
            var offset = 0
            while offset < piece.count {
                let count = piece[offset...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
                guard count > 0 else { throw SandboxctlError.local(target, errno) }
                offset += count
            }
            done += piece.count
            progress.moved(done)
        }
        progress.end()
    }
}
