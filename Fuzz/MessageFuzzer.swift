/// What a client reads from the helper. The first byte says how many descriptors came along.
@c(LLVMFuzzerTestOneInput)
public func fuzzMessage(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let descriptorCount = bytes.first.map(Int.init) else { return 0 }
    let record = Array(bytes.dropFirst())
    guard let message = try? HelperMessage.decode(record, descriptorCount: descriptorCount) else { return 0 }
    let encoded =
        switch message {
        case .reply(let id, let reply): reply.encoded(id: id, descriptorCount: descriptorCount)
        case .event(let event): event.encoded()
        }
    let again = try? HelperMessage.decode(encoded, descriptorCount: descriptorCount)
    precondition(again == message, "another message after a second trip")
    return 0
}
