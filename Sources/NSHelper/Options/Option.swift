import HelperProtocol

/// One option: its name serves as flag (`--name`), environment variable (`SANDBOX_NAME`) and file key.
struct Option: Sendable {
    var name: String
    var form: String
    var help: String
    /// Sets the value; false when the text is not of the form.
    var apply: @Sendable (inout HelperConfiguration, String) -> Bool

    /// The environment variable of this name.
    var variable: String { Self.variable(name) }

    static func variable(_ name: String) -> String {
        "SANDBOX_"
            + String(
                decoding: name.utf8.map { byte in
                    switch byte {
                    case UInt8(ascii: "-"): UInt8(ascii: "_")
                    case 0x61...0x7A: byte - 0x20
                    default: byte
                    }
                },
                as: UTF8.self
            )
    }
}

extension Option {
    static func number<Value: FixedWidthInteger & Sendable>(
        _ name: String,
        _ range: ClosedRange<Value>,
        _ help: String,
        _ path: any (WritableKeyPath<HelperConfiguration, Value> & Sendable)
    ) -> Option {
        Option(name: name, form: "\(range.lowerBound)...\(range.upperBound)", help: help) { configuration, text in
            guard let value = Value(text), range.contains(value) else { return false }
            configuration[keyPath: path] = value
            return true
        }
    }

    static func path(
        _ name: String,
        _ help: String,
        _ path: any (WritableKeyPath<HelperConfiguration, String> & Sendable)
    ) -> Option {
        Option(name: name, form: "absolute path", help: help) { configuration, text in
            guard isAbsolutePath(text) else { return false }
            configuration[keyPath: path] = text
            return true
        }
    }

    static func size(
        _ name: String,
        _ help: String,
        _ path: any (WritableKeyPath<HelperConfiguration, String> & Sendable)
    ) -> Option {
        Option(name: name, form: "number followed by k, m, g or %", help: help) { configuration, text in
            guard let unit = text.last, "kmg%".contains(unit), text.dropLast().allSatisfy(\.isNumber),
                let number = UInt32(text.dropLast()), number > 0
            else {
                return false
            }
            configuration[keyPath: path] = text
            return true
        }
    }

    static func memory(
        _ name: String,
        _ help: String,
        _ path: any (WritableKeyPath<HelperConfiguration, MemoryShare> & Sendable)
    ) -> Option {
        Option(name: name, form: "number followed by k, m, g or %", help: help) { configuration, text in
            guard let share = MemoryShare(text) else { return false }
            configuration[keyPath: path] = share
            return true
        }
    }

    /// Absolute, of a length the kernel takes, without `..`, and safe inside mount options.
    static func isAbsolutePath(_ text: String) -> Bool {
        text.hasPrefix("/") && text.utf8.count <= ProtocolLimits.pathBytes && !text.utf8.contains(0)
            && !text.utf8.split(separator: UInt8(ascii: "/")).contains { $0.elementsEqual("..".utf8) }
    }
}
