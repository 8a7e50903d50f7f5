/// Texts of requests outside of JSON: patterns, ranges, queries. The first byte is where the text is divided.
@c(LLVMFuzzerTestOneInput)
public func fuzzText(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let cut = bytes.first.map(Int.init) else { return 0 }
    let text = bytes.dropFirst()
    let (first, second) = (Array(text.prefix(cut)), Array(text.dropFirst(cut)))
    let (pattern, path) = (String(decoding: first, as: UTF8.self), String(decoding: second, as: UTF8.self))

    if pattern.utf8.count <= Glob.maximum {
        let glob = Glob(pattern)
        precondition(!glob.matches(path) || glob.matches(path + "/below"), "what matches, matches with all below it")
    }
    let size = path.utf8.count
    if case .part(let range) = ByteRange(pattern, size: size) {
        precondition(!range.isEmpty && range.lowerBound >= 0 && range.upperBound <= size, "a range outside the file")
    }
    _ = PercentCoding.value("path", in: path)
    precondition(PercentCoding.decode(PercentCoding.encode(second).utf8) == second, "other bytes after a second trip")
    _ = ProcessID.isValid(pattern)
    return 0
}
