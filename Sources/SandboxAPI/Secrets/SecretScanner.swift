/// Takes the strings at given places out of a JSON text (RFC 8259), without a decoder and without another copy.
///
/// Only as strict as it must be: what it hands on is judged by the decoder that reads it next. What it takes out, no
/// decoder sees, so those strings are held to the standard in full. Any bytes give a result or ``Malformed``.
package struct SecretScanner {
    /// The text is no JSON, or a string that was to be taken out is none.
    package struct Malformed: Error {}

    /// Levels of nesting; the decoder behind has the same limit.
    static let depthLimit = 512

    private struct Level {
        var isObject: Bool
        /// Bit n: path n leads here.
        var paths: UInt8
        /// Bit n: path n leads on to the value that comes next.
        var next: UInt8 = 0
        /// Whether a member's name comes next.
        var expectsName: Bool
    }

    private let text: UnsafeBufferPointer<UInt8>
    private let paths: [[[UInt8]]]
    private var index = 0
    private var levels: [Level] = []
    private var output: [UInt8] = []
    private var secrets: [[UInt8]?] = []

    /// Separates a text into what a decoder may read, numbers standing where secrets stood, and the secrets.
    ///
    /// - Parameter paths: As ``SecretCarrying/secretPaths`` has them.
    package static func separate(
        _ text: UnsafeBufferPointer<UInt8>,
        paths: [[String]]
    ) throws(Malformed) -> (text: [UInt8], vault: SecretVault) {
        precondition(paths.count <= 8, "a path is a bit of a byte")
        var scanner = SecretScanner(text: text, paths: paths.map { $0.map { Array($0.utf8) } })
        do {
            try scanner.run()
        } catch {
            // Overwrites what had been found.
            _ = SecretVault(scanner.secrets)
            throw error
        }
        return (scanner.output, SecretVault(scanner.secrets))
    }

    private init(text: UnsafeBufferPointer<UInt8>, paths: [[[UInt8]]]) {
        self.text = text
        self.paths = paths
        output.reserveCapacity(text.count)
    }

    private mutating func run() throws(Malformed) {
        while index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "\"") {
                try string()
                continue
            }
            switch byte {
            case UInt8(ascii: "{"): try open(isObject: true)
            case UInt8(ascii: "["): try open(isObject: false)
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard levels.popLast() != nil else { throw Malformed() }
            case UInt8(ascii: ","):
                guard let last = levels.indices.last else { throw Malformed() }
                levels[last].expectsName = levels[last].isObject
            default: break
            }
            output.append(byte)
            index += 1
        }
        guard levels.isEmpty else { throw Malformed() }
    }

    private mutating func open(isObject: Bool) throws(Malformed) {
        guard levels.count < Self.depthLimit else { throw Malformed() }
        let every = UInt8(truncatingIfNeeded: (1 << paths.count) - 1)
        levels.append(Level(isObject: isObject, paths: levels.isEmpty ? every : upcoming, expectsName: isObject))
    }

    /// The paths that lead to the value that comes next.
    private var upcoming: UInt8 {
        guard let level = levels.last else { return 0 }
        return level.isObject ? level.next : matching(level, nil)
    }

    /// The paths among the level's that go on with this name; nil for an element of an array.
    private func matching(_ level: Level, _ name: [UInt8]?) -> UInt8 {
        var result: UInt8 = 0
        for (number, path) in paths.enumerated() where level.paths & 1 << number != 0 {
            guard path.indices.contains(levels.count - 1) else { continue }
            let step = path[levels.count - 1]
            if step == [UInt8(ascii: "*")] || step == name { result |= 1 << number }
        }
        return result
    }

    /// A name or a string value, from its opening quote on.
    private mutating func string() throws(Malformed) {
        let start = index
        index += 1
        while index < text.count, text[index] != UInt8(ascii: "\"") {
            index += text[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard index < text.count else { throw Malformed() }
        let content = UnsafeBufferPointer(rebasing: text[(start + 1)..<index])
        index += 1
        if let last = levels.indices.last, levels[last].expectsName {
            levels[last].expectsName = false
            // Decoded first: a name may be spelled with escapes.
            levels[last].next = levels[last].paths == 0 ? 0 : matching(levels[last], try JSONText.decoded(content))
        } else if isSecret {
            output += "\"\(secrets.count)\"".utf8
            secrets.append(try JSONText.decoded(content))
            return
        }
        output += text[start..<index]
    }

    /// Whether a path ends at the value that comes next.
    private var isSecret: Bool {
        let leading = upcoming
        return leading != 0
            && paths.indices.contains { leading & 1 << $0 != 0 && paths[$0].count == levels.count }
    }
}
