/// What the helper reads from a peer. The first byte says how many descriptors came along.
@c(LLVMFuzzerTestOneInput)
public func fuzzRequest(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let descriptorCount = bytes.first else { return 0 }
    let record = Array(bytes.dropFirst())
    guard let decoded = try? HelperRequest.decode(record, descriptorCount: Int(descriptorCount)) else { return 0 }
    // What was accepted must mean the same after another trip over the wire.
    let again = try? HelperRequest.decode(
        decoded.request.encoded(id: decoded.id),
        descriptorCount: Int(descriptorCount)
    )
    precondition(again?.id == decoded.id && again?.request == decoded.request, "another request after a second trip")
    return 0
}
