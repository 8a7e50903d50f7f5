import HelperProtocol
import Testing

/// Any bytes give a value or an error. A trap would end the test process, so that getting to the end is the proof;
/// what is accepted must moreover mean the same after another trip over the wire.
struct TotalityTests {
    private func feed(_ record: [UInt8]) throws {
        for count in [0, 1, 4] {
            if let request = try? HelperRequest.decode(record, descriptorCount: count) {
                let again = try HelperRequest.decode(request.request.encoded(id: request.id), descriptorCount: count)
                #expect(again.id == request.id)
                #expect(again.request == request.request)
            }
            switch try? HelperMessage.decode(record, descriptorCount: count) {
            case .reply(let id, let reply)?:
                let again = reply.encoded(id: id, descriptorCount: count)
                #expect(try HelperMessage.decode(again, descriptorCount: count) == .reply(id: id, reply))
            case .event(let event)?:
                #expect(try HelperMessage.decode(event.encoded(), descriptorCount: 0) == .event(event))
            case nil: break
            }
        }
    }

    @Test(arguments: Samples.records.indices)
    func everyPrefixOfEveryRecordIsRefused(index: Int) {
        let sample = Samples.records[index]
        for length in 0..<sample.record.count {
            let prefix = Array(sample.record[..<length])
            #expect(throws: DecodingError.wrongLength) {
                try HelperRequest.decode(prefix, descriptorCount: sample.descriptorCount)
            }
            #expect(throws: DecodingError.wrongLength) {
                try HelperMessage.decode(prefix, descriptorCount: sample.descriptorCount)
            }
        }
    }

    @Test(arguments: Samples.records.indices)
    func everyPrefixWithAMatchingLengthIsAnErrorOrAValue(index: Int) throws {
        let record = Samples.records[index].record
        for length in RecordHeader.size..<record.count {
            var prefix = Array(record[..<length])
            prefix.replaceSubrange(16..<20, with: RawRecord.bytes(UInt32(length - RecordHeader.size)))
            try feed(prefix)
        }
    }

    @Test(arguments: Samples.records.indices)
    func aByteMoreIsRefused(index: Int) {
        let sample = Samples.records[index]
        #expect(throws: DecodingError.wrongLength) {
            try HelperRequest.decode(sample.record + [0], descriptorCount: sample.descriptorCount)
        }
        #expect(throws: DecodingError.wrongLength) {
            try HelperMessage.decode(sample.record + [0], descriptorCount: sample.descriptorCount)
        }
    }

    @Test(arguments: Samples.records.indices)
    func everyByteMayBeChanged(index: Int) throws {
        let record = Samples.records[index].record
        for offset in record.indices {
            var changed = record
            // Every bit turned, the extremes, and the neighbours. All 256 values are the fuzzers' business.
            let original = record[offset]
            for value in (0..<8).map({ original ^ 1 << $0 }) + [0, .max, original &+ 1, original &- 1] {
                changed[offset] = value
                try feed(changed)
            }
        }
    }

    @Test func randomBytesAreAnErrorOrAValue() throws {
        var generator = SplitMix(state: 20)
        for _ in 0..<10_000 {
            let length = Int.random(in: 0...120, using: &generator)
            var bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
            try feed(bytes)
            // The same noise behind a header that passes.
            guard length >= RecordHeader.size, let operation = Operation.allCases.randomElement(using: &generator)
            else {
                continue
            }
            let header = RawRecord(
                operation: operation.rawValue,
                length: UInt32(length - RecordHeader.size),
                descriptorCount: [0, 1, 4].randomElement(using: &generator) ?? 0
            )
            bytes.replaceSubrange(..<RecordHeader.size, with: header.bytes)
            try feed(bytes)
        }
    }

    @Test func randomFieldsAreAnErrorOrAValue() throws {
        var generator = SplitMix(state: 7)
        for _ in 0..<10_000 {
            guard let operation = Operation.allCases.randomElement(using: &generator) else { continue }
            let fields = (0..<Int.random(in: 0...8, using: &generator)).map { index in
                let tag =
                    Bool.random(using: &generator) ? UInt16(index + 1) : UInt16.random(in: 0...17, using: &generator)
                let size = [0, 1, 2, 4, 8, 10, 21].randomElement(using: &generator) ?? 0
                return RawRecord.Field(tag, (0..<size).map { _ in UInt8.random(in: 0...3, using: &generator) })
            }
            try feed(
                RawRecord(
                    operation: operation.rawValue,
                    id: 0,
                    descriptorCount: [0, 1, 4].randomElement(using: &generator) ?? 0,
                    fields: fields
                ).bytes
            )
        }
    }
}
