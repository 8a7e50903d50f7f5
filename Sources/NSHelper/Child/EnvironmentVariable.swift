/// One variable of the helper's own making. Never a credential: those stay in `CommandImage`.
struct EnvironmentVariable: Hashable {
    var name: [UInt8]
    var value: [UInt8]

    init(_ name: String, _ value: String) {
        self.name = Array(name.utf8)
        self.value = Array(value.utf8)
    }

    init(_ name: String, bytes value: [UInt8]) {
        self.name = Array(name.utf8)
        self.value = value
    }

    /// The form execve(2) wants, without the NUL.
    var bytes: [UInt8] { name + [UInt8(ascii: "=")] + value }
}
