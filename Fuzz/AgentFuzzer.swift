import AgentProtocol

/// What the server and its agents say to each other. The first byte says who reads, and how many descriptors came.
@c(LLVMFuzzerTestOneInput)
public func fuzzAgent(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let selector = bytes.first else { return 0 }
    let record = Array(bytes.dropFirst())
    let descriptorCount = Int(selector >> 3)
    switch selector & 7 {
    case 0: roundTrip(try? FileRequest(record), { $0.encoded() }) { try? FileRequest($0) }
    case 1: roundTrip(try? FileReply(record), { $0.encoded() }) { try? FileReply($0) }
    case 2:
        roundTrip(try? ShellRequest(record, descriptorCount: descriptorCount), { $0.encoded() }) {
            try? ShellRequest($0, descriptorCount: descriptorCount)
        }
    case 3: roundTrip(try? ShellEvent(record), { $0.encoded() }) { try? ShellEvent($0) }
    default: listing(record)
    }
    return 0
}

/// What was accepted must mean the same after another trip over the wire.
private func roundTrip<Value: Equatable>(_ value: Value?, _ encode: (Value) -> [UInt8], _ decode: ([UInt8]) -> Value?) {
    guard let value else { return }
    precondition(decode(encode(value)) == value, "another message after a second trip")
}

/// A directory's entries, one after the other as in the agent's file.
private func listing(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while let entry = FileEntry(next: &rest) {
        var again = entry.encoded()[...]
        precondition(FileEntry(next: &again) == entry && again.isEmpty, "another entry after a second trip")
    }
}
