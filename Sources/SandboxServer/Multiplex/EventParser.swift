/// Takes a stream of server-sent events apart (HTML Standard, 9.2.6), whatever pieces it comes in.
struct EventParser {
    struct Event: Equatable {
        var name: String?
        var data: String
    }

    /// The stream holds a line or an event that is larger than ``limit``.
    struct TooLarge: Error {}

    /// Bytes of the largest event.
    let limit: Int
    private var line: [UInt8] = []
    private var name: String?
    private var data: [String] = []
    private var dataBytes = 0

    init(limit: Int) {
        self.limit = limit
    }

    /// The events that the next piece completes.
    mutating func append(_ piece: some Collection<UInt8>) throws(TooLarge) -> [Event] {
        var events: [Event] = []
        var rest = piece[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            line += rest[..<end]
            rest = rest[rest.index(after: end)...]
            guard line.count + dataBytes <= limit else { throw TooLarge() }
            if let event = endOfLine() { events.append(event) }
        }
        line += rest
        guard line.count + dataBytes <= limit else { throw TooLarge() }
        return events
    }

    private mutating func endOfLine() -> Event? {
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        defer { line.removeAll(keepingCapacity: line.count < 65_536) }
        guard !line.isEmpty else { return endOfEvent() }
        let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        var value = parts.count == 2 ? parts[1] : []
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        switch String(decoding: parts[0], as: UTF8.self) {
        case "data":
            data.append(String(decoding: value, as: UTF8.self))
            dataBytes += value.count
        case "event": name = String(decoding: value, as: UTF8.self)
        // Comments have an empty name; ids and times to retry mean nothing over a socket.
        default: break
        }
        return nil
    }

    private mutating func endOfEvent() -> Event? {
        defer {
            name = nil
            data = []
            dataBytes = 0
        }
        guard !data.isEmpty else { return nil }
        return Event(name: name, data: data.joined(separator: "\n"))
    }
}
