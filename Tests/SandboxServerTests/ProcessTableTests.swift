import Testing

@testable import SandboxServer

@Suite struct ProcessTableTests {
    private func process(_ number: Int) -> ManagedProcess {
        ManagedProcess(id: "p\(number)", command: "true", sessionID: nil, logBytes: 65_536)
    }

    @Test func `the more processes run, the less each new one may keep, and together it has a bound`() throws {
        let table = ProcessTable(limits: ProcessTable.Limits(runningBytes: 1_000_000))
        var shares: [Int] = []
        for number in 0..<12 {
            shares.append(table.shareOfMemory)
            try table.insert(process(number))
        }
        #expect(shares.prefix(4) == [1_000_000, 500_000, 333_333, 250_000] && shares.last == 83_333)
        for process in table.all { process.finished(exitCode: 0) }
        #expect(table.shareOfMemory == 1_000_000)
    }

    @Test func `no process is left without a log`() throws {
        let table = ProcessTable(limits: ProcessTable.Limits(runningBytes: 100_000))
        for number in 0..<12 { try table.insert(process(number)) }
        #expect(table.shareOfMemory == 65_536)
    }
}
