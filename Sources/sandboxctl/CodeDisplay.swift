import FoundationEssentials
import Glibc
import SandboxAPI
import SandboxClient

/// Shows what code says to a person: texts as they are, pictures as files.
struct CodeDisplay: Sendable {
    /// Where pictures and charts are stored; nil for nowhere.
    let directory: String?

    /// Returns whether the code ran to its end.
    func show(_ events: EventSequence<CodeEvent>) async throws -> Bool {
        var number = 0
        for try await event in events {
            switch event {
            case .stdout(let text): Output.write(Array(text.utf8), to: STDOUT_FILENO)
            case .stderr(let text): Output.write(Array(text.utf8), to: STDERR_FILENO)
            case .output(let output):
                if let text = output.text ?? output.markdown ?? output.latex { Output.line(text) }
                for (ending, content) in try Self.files(output) {
                    number += 1
                    try store(content, "output-\(number).\(ending)")
                }
            case .completed(_, let isTruncated):
                if isTruncated { Output.error("sandboxctl: there was more output than the server keeps.") }
            case .failed(let failure):
                let lines = failure.traceback.isEmpty ? [failure.description] : failure.traceback
                for line in lines { Output.error(Output.isColoured ? line : Self.plain(line)) }
                return false
            }
        }
        return true
    }

    private func store(_ content: [UInt8], _ name: String) throws(SandboxctlError) {
        guard let directory else {
            return Output.error(
                "sandboxctl: \(name), \(content.count) bytes, is not shown here; --save DIRECTORY stores it."
            )
        }
        let path = LocalTree.join(directory, name)
        try LocalFile.store(content, path)
        Output.error("sandboxctl: stored \(path)")
    }

    /// The forms that are no texts, by their files' endings.
    private static func files(_ output: CodeOutput) throws -> [(ending: String, content: [UInt8])] {
        var files: [(ending: String, content: [UInt8])] = []
        if let png = output.png { files.append(("png", png)) }
        if let jpeg = output.jpeg { files.append(("jpg", jpeg)) }
        if let svg = output.svg { files.append(("svg", Array(svg.utf8))) }
        if let chart = output.chart { files.append(("json", Array(try JSONEncoder().encode(chart)))) }
        return files
    }

    /// Without the colours of a terminal: control sequences from CSI to their final byte (ECMA-48, 5.4).
    static func plain(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        var scalars = text.unicodeScalars.makeIterator()
        while let scalar = scalars.next() {
            guard scalar == "\u{1B}" else {
                result.append(scalar)
                continue
            }
            guard scalars.next() == "[" else { continue }
            while let next = scalars.next(), !("@"..."~").contains(next) {}
        }
        return String(result)
    }
}
