import HelperProtocol
import Testing

@testable import NSHelper

struct RequestTableTests {
    private static let requests = HelperProtocol.Operation.allCases.filter { $0.rawValue < 0x4000 }
    private static let answers = HelperProtocol.Operation.allCases.filter { $0.rawValue >= 0x4000 }

    @Test(arguments: requests)
    func everyRequestHasExactlyOneRowThatSaysWhy(operation: HelperProtocol.Operation) throws {
        let rows = RequestTable.rows.filter { $0.operation == operation }
        #expect(rows.count == 1)
        let row = try #require(rows.first)
        #expect(!row.doors.isEmpty)
        #expect(row.reason.utf8CodeUnitCount > 20)
    }

    @Test(arguments: answers)
    func whatOnlyTheHelperSaysHasNoRowAndIsPermittedToNobody(operation: HelperProtocol.Operation) {
        #expect(!RequestTable.rows.contains { $0.operation == operation })
        for door in [RequestTable.Door.server, .control, .root] {
            for greeted in [true, false] {
                #expect(!RequestTable.permits(operation, door: door, greeted: greeted))
            }
        }
    }

    @Test(arguments: [RequestTable.Door.server, .control, .root])
    func beforeHelloOnlyHelloIsPermitted(door: RequestTable.Door) {
        for operation in Self.requests {
            #expect(RequestTable.permits(operation, door: door, greeted: false) == (operation == .hello))
        }
    }

    @Test func afterHelloEverybodyMayAskEverythingButShutdownWhichIsRootsAlone() {
        for operation in Self.requests {
            #expect(RequestTable.permits(operation, door: .root, greeted: true))
            for door in [RequestTable.Door.server, .control] {
                #expect(RequestTable.permits(operation, door: door, greeted: true) == (operation != .shutdown))
            }
        }
    }
}
