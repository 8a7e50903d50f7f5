import Glibc
import Testing

@testable import NSHelper

struct ProcessTreeTests {
    /// A line of proc_pid_stat(5): state and parent after the name, the start time as the 22nd field.
    private func stat(_ name: [UInt8], state: String = "S", parent: String = "41", start: String = "987654") -> [UInt8]
    {
        let between = (6...21).map { String($0) }.joined(separator: " ")
        let fields = "\(state) \(parent) 5 \(between) \(start) 23 24 25 26"
        return Array("77 (".utf8) + name + Array(") ".utf8) + Array(fields.utf8) + [0x0A]
    }

    private func parse(_ bytes: [UInt8]) -> ProcessTree.Entry? { ProcessTree.parse(pid: 77, stat: bytes[...]) }

    @Test func anOrdinaryLineGivesParentStateAndStartTime() {
        // As a kernel wrote it.
        let line = "1 (systemd) S 0 1 1 0 -1 4194560 18 0 0 0 3 4 0 0 20 0 1 0 29 1 2 3 4 5 6 7 8 9"
        let expected = ProcessTree.Entry(pid: 1, parent: 0, startTime: 29, state: UInt8(ascii: "S"))
        #expect(ProcessTree.parse(pid: 1, stat: Array(line.utf8)[...]) == expected)
    }

    @Test(arguments: [
        "sh", "", "a b", "a) S 1 2 3", ")", "))))", "(", "((", ") R 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "a\nb",
        "\t", ") (", "ns-init user", "x) Z 1",
    ])
    func aNastyNameChangesNothing(name: String) {
        let expected = ProcessTree.Entry(pid: 77, parent: 41, startTime: 4444, state: UInt8(ascii: "R"))
        #expect(parse(stat(Array(name.utf8), state: "R", start: "4444")) == expected)
    }

    @Test func aNameThatIsNoTextChangesNothing() {
        for name in [[0xFF, 0xFE], [0x80], [0xC3], [0x00, 0x29, 0x20]] as [[UInt8]] {
            #expect(parse(stat(name))?.parent == 41)
        }
    }

    @Test func aLineThatIsCutOrNoneGivesNothing() {
        let whole = stat(Array("sh".utf8))
        #expect(parse([]) == nil)
        #expect(parse(Array("77 sh S 41".utf8)) == nil)
        #expect(parse(stat(Array("sh".utf8), parent: "x")) == nil)
        #expect(parse(stat(Array("sh".utf8), start: "-5")) == nil)
        let start = whole.firstRange(of: Array("987654".utf8))?.lowerBound ?? 0
        for length in 0..<start { #expect(parse(Array(whole[..<length])) == nil, "\(length)") }
    }

    @Test func aSliceIsReadFromItsOwnStart() {
        let bytes = Array("garbage) S 9 9".utf8) + stat(Array("sh".utf8))
        #expect(ProcessTree.parse(pid: 77, stat: bytes[14...])?.parent == 41)
    }

    @Test func theSnapshotKnowsThisProcessAndItsParent() throws {
        let own = try #require(ProcessTree.entry(getpid()))
        #expect(own.parent == getppid())
        #expect(own.startTime > 0)
        #expect(ProcessTree().children[getppid()]?.contains { $0.pid == getpid() } == true)
        #expect(ProcessTree.entry(pid_t.max) == nil)
    }

    @Test func descendantsAreEverythingBelowAndNotTheRoots() {
        let pids = ProcessTree().descendants(of: [getppid()]).map(\.pid)
        #expect(pids.contains(getpid()))
        #expect(!pids.contains(getppid()))
        #expect(Set(pids).count == pids.count)
        #expect(ProcessTree().descendants(of: []).isEmpty)
    }
}
