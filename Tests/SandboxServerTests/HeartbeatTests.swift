import Testing

@testable import SandboxServer

@Suite struct HeartbeatTests {
    @Test func `a third of the time that the helper gives`() throws {
        #expect(try Heartbeat.interval(environment: ["WATCHDOG_USEC": "30000000"]) == .seconds(10))
        #expect(try Heartbeat.interval(environment: [:]) == nil)
    }

    @Test(arguments: ["", "0", "-1", "x", "3600000001", "1.5"])
    func `a time that is none stops the start`(text: String) {
        #expect(throws: StartupError.self) { _ = try Heartbeat.interval(environment: ["WATCHDOG_USEC": text]) }
    }
}
