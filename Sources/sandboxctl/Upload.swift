import SandboxAPI
import SandboxClient

/// Copies into the sandbox.
struct Upload {
    let client: SandboxClient
    let progress: Progress
    let leftOut: LeftOut

    /// Copies a file or a directory, into the destination if that is a directory, or else as the destination.
    func copy(_ source: String, to destination: String) async throws {
        guard let kind = try LocalTree.kind(source, following: true) else {
            throw SandboxctlError("\(source): there is no such file.", exitCode: 66)
        }
        var target = destination
        if try await isDirectory(destination) { target = LocalTree.join(destination, LocalTree.name(source)) }
        try await copy(source, kind, to: target)
    }

    private func copy(_ source: String, _ kind: LocalTree.Kind, to target: String) async throws {
        switch kind {
        case .file(let size):
            progress.begin(source, size: size)
            let progress = progress
            try await client.upload(FilePieces(path: source), to: target, size: size) { progress.moved($0) }
            progress.end()
        case .directory:
            try await client.makeDirectory(target)
            let (names, others) = try LocalTree.names(source)
            for name in others {
                leftOut.add("\(LocalTree.join(source, Printable.bytes(name))): its name is no UTF-8")
            }
            for name in names {
                let path = LocalTree.join(source, name)
                guard let kind = try LocalTree.kind(path, following: false) else {
                    leftOut.add("\(path): it is gone")
                    continue
                }
                do {
                    try await copy(path, kind, to: LocalTree.join(target, name))
                } catch SandboxClientError.local(let reason) {
                    leftOut.add(reason)
                } catch let error as SandboxctlError {
                    leftOut.add(error.message)
                }
            }
        case .other: Output.error("sandboxctl: left out, because it is no file: \(Printable.text(source))")
        }
    }

    private func isDirectory(_ path: String) async throws -> Bool {
        if path.hasSuffix("/") {
            try await client.makeDirectory(path)
            return true
        }
        do throws(SandboxClientError) {
            _ = try await client.list(path)
            return true
        } catch {
            guard error.code == .fileNotFound || error.code == .notDirectory else { throw error }
            return false
        }
    }
}
