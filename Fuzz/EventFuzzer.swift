/// A stream of server-sent events. The first byte says after how many bytes it is cut in two.
@c(LLVMFuzzerTestOneInput)
public func fuzzEvent(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let cut = bytes.first.map(Int.init) else { return 0 }
    let stream = bytes.dropFirst()
    let whole = events([stream])
    precondition(
        whole == events([stream.prefix(cut), stream.dropFirst(cut)]),
        "other events from the same stream in two"
    )
    return 0
}

/// nil if the stream is refused: where it is cut decides how soon that is noticed.
private func events(_ pieces: [ArraySlice<UInt8>]) -> [EventParser.Event]? {
    var parser = EventParser(limit: 4096)
    var events: [EventParser.Event] = []
    do {
        for piece in pieces { events += try parser.append(piece) }
    } catch {
        return nil
    }
    return events
}
