import CMessageShim
import CNamespaceShim
import Glibc
import HelperProtocol
import HelperTransport

/// Descriptors that the plans refer to for as long as the helper lives.
final class DescriptorStore {
    private var owned: [Int32] = []
    private(set) var layout: LayoutDescriptors

    /// Opens /dev/null and the pipe whose read end the inits watch: its write end exists
    /// in the helper alone, so that it closes whenever and however the helper ends.
    init() throws(HelperFailure) {
        layout = LayoutDescriptors(null: -1, lifeline: -1)
        layout.null = try keep(open("/dev/null", O_RDWR | O_CLOEXEC), .device)
        var ends: (Int32, Int32) = (-1, -1)
        let code = withUnsafeMutablePointer(to: &ends) {
            $0.withMemoryRebound(to: Int32.self, capacity: 2) { cms_pipe($0) }
        }
        try check(code, .report)
        layout.lifeline = try keep(ends.0, .report)
        _ = try keep(ends.1, .report)
    }

    deinit {
        for descriptor in owned { close(descriptor) }
    }

    /// Remembers the user namespace of the workspace's map.
    func add(identityMap descriptor: consuming OwnedDescriptor) throws(HelperFailure) {
        layout.identityMap = try keep(descriptor.release(), .identityMap)
    }

    /// Takes a descriptor over.
    private func keep(_ descriptor: Int32, _ stage: Stage) throws(HelperFailure) -> Int32 {
        guard descriptor >= 0 else { throw HelperFailure(.stepFailed, stage: stage, errno: errno) }
        owned.append(descriptor)
        return descriptor
    }

    private func check(_ code: Int32, _ stage: Stage) throws(HelperFailure) {
        guard code == 0 else { throw HelperFailure(.stepFailed, stage: stage, errno: code) }
    }
}
