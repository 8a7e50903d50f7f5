import SandboxTestSupport

/// Files that lie beside the tests.
enum TestFile {
    /// Absolute path of a file, from its path below `Tests`.
    static func path(_ name: String) -> String {
        "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/") + "/" + name
    }

    /// Content of a text file.
    static func text(_ name: String) -> String {
        String(decoding: FileBytes.read(path(name)) ?? [], as: UTF8.self)
    }
}
