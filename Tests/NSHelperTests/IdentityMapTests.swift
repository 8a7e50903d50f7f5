import Testing

@testable import NSHelper

struct IdentityMapTests {
    private typealias Line = IdentityMap.Line

    /// All ids of a machine without a user namespace.
    private let everything: [Range<UInt32>] = [0..<UInt32.max]

    private func swapping(_ first: UInt32, _ second: UInt32, _ available: [Range<UInt32>]) -> [Line] {
        IdentityMap.swapping(first, second, available: available)
    }

    @Test func twoIDsAreSwappedAndAllOthersStayExceptRoot() {
        let expected = [
            Line(inside: 4201, outside: 4202, count: 1), Line(inside: 4202, outside: 4201, count: 1),
            Line(inside: 1, outside: 1, count: 4200),
            Line(inside: 4203, outside: 4203, count: UInt32.max - 4203),
        ]
        #expect(swapping(4201, 4202, everything) == expected)
    }

    @Test func theHolesAreTheSameWhicheverIDIsNamedFirst() {
        let (one, other) = (swapping(700, 50, everything), swapping(50, 700, everything))
        #expect(Set(one) == Set(other))
        #expect(one.dropFirst(2) == other.dropFirst(2))
        #expect(one.contains(Line(inside: 51, outside: 51, count: 649)))
    }

    @Test func idsAtTheEdgesLeaveNoEmptyLines() {
        for lines in [
            swapping(1, 2, [0..<4]), swapping(2, 3, [0..<4]), swapping(1, 3, [0..<4]), swapping(1, 2, [0..<3]),
            swapping(4, 5, [0..<1, 1..<2, 4..<6]),
        ] { #expect(lines.allSatisfy { $0.count > 0 }) }
        #expect(swapping(1, 2, [0..<3]).count == 2)
    }

    @Test func aContainerWithAUserNamespaceKeepsToTheRangesItHas() {
        let text =
            "         0     100000          1\n         1     200000       5000\n     10000     300000        100\n"
        let available = IdentityMap.available(inMap: text)
        #expect(available == [0..<1, 1..<5001, 10_000..<10_100])
        let lines = swapping(4201, 4202, available)
        #expect(
            Array(lines.dropFirst(2)) == [
                Line(inside: 1, outside: 1, count: 4200), Line(inside: 4203, outside: 4203, count: 798),
                Line(inside: 10_000, outside: 10_000, count: 100),
            ]
        )
    }

    @Test func theMapOfAWholeMachineIsEveryIDButTheInvalidOne() {
        #expect(IdentityMap.available(inMap: "         0          0 4294967295\n") == [0..<UInt32.max])
        #expect(IdentityMap.available(inMap: "4294967290 0 100\n") == [4_294_967_290..<UInt32.max])
    }

    @Test(arguments: ["", "\n", "0 0", "a b c", "-1 0 5", "0 0 0", "1 2 3 4", "4294967296 0 1"])
    func aLineThatIsNoRangeIsLeftOut(text: String) {
        #expect(IdentityMap.available(inMap: text).isEmpty)
    }

    @Test func groupsStayAsTheyAreExceptRoot() {
        #expect(IdentityMap.unchanged(available: [0..<10]) == [Line(inside: 1, outside: 1, count: 9)])
        #expect(IdentityMap.unchanged(available: [0..<1]).isEmpty)
        #expect(
            IdentityMap.unchanged(available: [0..<1, 5..<7, 100..<200]) == [
                Line(inside: 5, outside: 5, count: 2), Line(inside: 100, outside: 100, count: 100),
            ]
        )
    }

    @Test func aLineIsWrittenAsTheKernelReadsIt() {
        #expect(Line(inside: 4201, outside: 4202, count: 1).text == "4201 4202 1\n")
    }

    /// Whatever the ranges and the ids: one-to-one, nothing of root, nothing that is not there, nothing forgotten.
    @Test func linesNeverOverlapAndCoverEverythingElse() throws {
        var source = Noise(state: 11)
        for _ in 0..<2000 {
            var available: [Range<UInt32>] = []
            var start: UInt32 = 0
            for _ in 0..<Int.random(in: 1...4, using: &source) {
                start += UInt32.random(in: 0...3, using: &source)
                let count = UInt32.random(in: 1...12, using: &source)
                available.append(start..<start + count)
                start += count
            }
            let ids = available.flatMap { Array($0) }.filter { $0 != 0 }
            guard ids.count >= 2 else { continue }
            let chosen = ids.shuffled(using: &source).prefix(2).map { $0 }
            try check(swapping(chosen[0], chosen[1], available), ids: Set(ids), chosen[0], chosen[1])
        }
    }

    private func check(_ lines: [Line], ids: Set<UInt32>, _ first: UInt32, _ second: UInt32) throws {
        var map: [UInt32: UInt32] = [:]
        var outside: Set<UInt32> = []
        for line in lines {
            for index in 0..<line.count {
                #expect(map.updateValue(line.outside + index, forKey: line.inside + index) == nil)
                #expect(outside.insert(line.outside + index).inserted)
            }
        }
        #expect(Set(map.keys) == ids)
        #expect(outside == ids)
        for (inside, outside) in map {
            let expected = inside == first ? second : inside == second ? first : inside
            #expect(outside == expected)
        }
    }
}
