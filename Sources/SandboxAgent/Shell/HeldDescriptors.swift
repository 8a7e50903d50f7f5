import HelperTransport

/// A command's text and pipes, kept open until the shell has opened them for itself.
final class HeldDescriptors {
    private let list: DescriptorList

    init(_ list: consuming DescriptorList) {
        self.list = list
    }

    var text: Int32 { list[0] }
    var output: Int32 { list[1] }
    var error: Int32 { list[2] }
    /// nil if the command has none.
    var input: Int32? { list.count > 3 ? list[3] : nil }
}
