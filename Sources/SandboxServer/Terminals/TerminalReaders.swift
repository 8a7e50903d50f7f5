/// Where each reader of a terminal's output stands, and whether the program has to wait for them. Pure.
///
/// The program waits for all that keep up more or less. One that does not come nearer while the program waits is taken
/// for slow and not waited for any more, until it has caught up by itself; but the nearest is waited for in any case.
struct TerminalReaders {
    private struct Reader {
        var position: Int
        var isSlow = false
    }

    /// How far, in bytes, a reader may be behind before the program waits. It goes on when half of that is left.
    let window: Int
    private var readers: [Int: Reader] = [:]
    private var nextReader = 0
    /// Whether the program waits.
    private(set) var isHeld = false

    init(window: Int) {
        self.window = window
    }

    /// A new reader's number.
    mutating func add(at position: Int) -> Int {
        nextReader += 1
        readers[nextReader] = Reader(position: position)
        return nextReader
    }

    /// The next position that the reader has not read; nil if there is no such reader.
    func position(of reader: Int) -> Int? {
        readers[reader]?.position
    }

    /// The reader has read up to the position; true if the program, having waited, may go on.
    mutating func move(_ reader: Int, to position: Int, end: Int) -> Bool {
        readers[reader]?.position = position
        if end - position <= window / 2 { readers[reader]?.isSlow = false }
        return letGo(end)
    }

    /// The reader has left; true if the program, having waited, may go on.
    mutating func remove(_ reader: Int, end: Int) -> Bool {
        readers[reader] = nil
        return letGo(end)
    }

    /// There is more output; true if the program must wait now.
    mutating func grew(end: Int) -> Bool {
        if lag(end) > window { isHeld = true }
        return isHeld
    }

    /// The program has waited long enough; true if it may go on.
    mutating func losePatience(end: Int) -> Bool {
        let nearest = readers.values.map(\.position).max()
        for (number, reader) in readers where end - reader.position > window / 2 && reader.position != nearest {
            readers[number]?.isSlow = true
        }
        return letGo(end)
    }

    private mutating func letGo(_ end: Int) -> Bool {
        guard isHeld, lag(end) <= window / 2 else { return false }
        isHeld = false
        return true
    }

    /// How far the last of those is behind that are waited for.
    private func lag(_ end: Int) -> Int {
        let waitedFor = readers.values.filter { !$0.isSlow }.map(\.position).min()
        guard let position = waitedFor ?? readers.values.map(\.position).max() else { return 0 }
        return end - position
    }
}
