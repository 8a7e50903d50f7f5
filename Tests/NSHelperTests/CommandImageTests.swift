import Glibc
import HelperProtocol
import HelperTransport
import Testing

@testable import NSHelper

struct CommandImageTests {
    private typealias Strings = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

    /// The strings of a list that ends with a null pointer, as execve(2) reads it.
    private func read(_ list: Strings) -> [String] {
        var result: [String] = []
        var next = list
        while let string = next.pointee {
            result.append(String(cString: string))
            next += 1
        }
        return result
    }

    private func file(_ bytes: [UInt8], seals: Int32 = Kernel.allSeals) throws -> OwnedDescriptor {
        let file = Kernel.memoryFile()
        #expect(write(file.rawValue, bytes, bytes.count) == bytes.count)
        #expect(fcntl(file.rawValue, Kernel.addSeals, seals) == 0)
        return file
    }

    private func payload(_ arguments: [String], _ variables: [(String, String)] = []) throws -> [UInt8] {
        try SpawnPayload.encode(
            arguments: arguments.map { Array($0.utf8) },
            variables: variables.map { (Array($0.0.utf8), Array($0.1.utf8)) }
        )
    }

    private func image(
        _ bytes: [UInt8],
        base: [EnvironmentVariable] = []
    ) throws -> (arguments: [String], variables: [String]) {
        let file = try file(bytes)
        let image = try CommandImage(payload: file.rawValue, base: base)
        return (read(image.arguments), read(image.variables))
    }

    @Test func anImageOfTheHelpersOwnHoldsItsStringsInOrder() {
        let image = CommandImage(
            arguments: ["/opt/server", "", "ä b"],
            variables: [EnvironmentVariable("A", "1"), EnvironmentVariable("B", "")]
        )
        #expect(read(image.arguments) == ["/opt/server", "", "ä b"])
        #expect(read(image.variables) == ["A=1", "B="])
    }

    @Test func anEmptyImageHasTwoEmptyLists() {
        let image = CommandImage()
        #expect(image.arguments.pointee == nil)
        #expect(image.variables.pointee == nil)
    }

    @Test func aPayloadGivesItsArgumentsAndItsVariables() throws {
        let image = try image(try payload(["sh", "-c", "", "echo x"], [("A", "1"), ("EMPTY", ""), ("E", "a=b=")]))
        #expect(image.arguments == ["sh", "-c", "", "echo x"])
        #expect(image.variables == ["A=1", "EMPTY=", "E=a=b="])
    }

    @Test func theBaseComesFirstAndGivesWayToThePayload() throws {
        let base = [
            EnvironmentVariable("PATH", "/bin"), EnvironmentVariable("HOME", "/home/user"),
            EnvironmentVariable("LANG", "C.UTF-8"),
        ]
        let image = try image(try payload(["x"], [("NEW", "1"), ("HOME", "/other"), ("PATH", "")]), base: base)
        #expect(image.variables == ["LANG=C.UTF-8", "NEW=1", "HOME=/other", "PATH="])
    }

    @Test func aNameThatOnlyBeginsAlikeOverridesNothing() throws {
        let base = [
            EnvironmentVariable("HOME", "/h"), EnvironmentVariable("A", "1"), EnvironmentVariable("LONGEST", "2"),
        ]
        let image = try image(
            try payload(["x"], [("HOM", "1"), ("HOME_DIR", "2"), ("AB", "3"), ("L", "4")]),
            base: base
        )
        #expect(image.variables == ["HOME=/h", "A=1", "LONGEST=2", "HOM=1", "HOME_DIR=2", "AB=3", "L=4"])
    }

    @Test func aValueIsNoName() throws {
        let image = try image(try payload(["HOME=x"], [("A", "HOME=y")]), base: [EnvironmentVariable("HOME", "/h")])
        #expect(image.variables == ["HOME=/h", "A=HOME=y"])
        #expect(image.arguments == ["HOME=x"])
    }

    @Test func whatAPayloadNamesTwiceStaysTwiceInItsOrderAndCoversTheBase() throws {
        let image = try image(try payload(["x"], [("A", "1"), ("A", "2")]), base: [EnvironmentVariable("A", "0")])
        #expect(image.variables == ["A=1", "A=2"])
    }

    @Test func aPayloadOfTheLargestSizeIsTaken() throws {
        let value = String(repeating: "v", count: ProtocolLimits.stringBytes - 4)
        let variables = (0..<15).map { ("V\($0 % 10)", value) }
        let image = try image(try payload(["x"], variables), base: [EnvironmentVariable("V1", "base")])
        #expect(image.variables.count == 15)
        #expect(image.variables.allSatisfy { $0.utf8.count == ProtocolLimits.stringBytes - 1 })
    }

    @Test(arguments: 0..<Kernel.allSeals)
    func aPayloadThatLacksASealIsRefused(seals: Int32) throws {
        let file = try file(try payload(["x"]), seals: seals)
        #expect(throws: HelperFailure(.unacceptableDescriptor, stage: .payload)) {
            _ = try CommandImage(payload: file.rawValue, base: [])
        }
    }

    @Test func whatCannotBeSealedIsRefused() throws {
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0)
        for end in ends + [open("/proc/self/exe", O_RDONLY), open("/", O_RDONLY), -1] {
            let descriptor = OwnedDescriptor(adopting: end)
            #expect(throws: HelperFailure(.unacceptableDescriptor, stage: .payload)) {
                _ = try CommandImage(payload: descriptor.rawValue, base: [])
            }
        }
    }

    @Test func bytesThatAreNoPayloadAreRefused() throws {
        let good = try payload(["x"], [("A", "1")])
        var wrongMagic = good
        wrongMagic[0] ^= 1
        var noArgument = good
        noArgument[4] = 0
        var tooMany = good
        tooMany[8] = 9
        let broken = [
            [], [0], Array(good.dropLast()), good + [0], wrongMagic, noArgument, tooMany,
            [UInt8](repeating: 0, count: ProtocolLimits.payloadBytes + 1),
        ]
        for bytes in broken {
            let file = try file(bytes)
            #expect(throws: HelperFailure(.malformedPayload, stage: .payload)) {
                _ = try CommandImage(payload: file.rawValue, base: [EnvironmentVariable("A", "1")])
            }
        }
    }

    @Test func aPayloadIsReadFromItsBeginningWhereverTheFileStands() throws {
        let file = try file(try payload(["x"]))
        #expect(lseek(file.rawValue, 5, SEEK_SET) == 5)
        let image = try CommandImage(payload: file.rawValue, base: [])
        #expect(read(image.arguments) == ["x"])
    }

    @Test func aCredentialIsInMemoryOnceAndAfterwardsNowhere() async {
        // In a process of its own, whose memory holds no copy that the test itself made.
        await #expect(processExitsWith: .success) {
            let secret = HiddenSecret()
            let file = secret.payload()
            guard secret.copiesInMemory() == 0 else { exit(1) }
            do {
                let image = try CommandImage(payload: file.rawValue, base: [EnvironmentVariable("PATH", "/bin")])
                guard secret.copiesInMemory() == 1 else { exit(2) }
                guard image.variables.pointee != nil else { exit(3) }
            }
            guard secret.copiesInMemory() == 0 else { exit(4) }
        }
    }

    @Test func aCredentialInABrokenPayloadIsWipedToo() async {
        await #expect(processExitsWith: .success) {
            let secret = HiddenSecret()
            let file = secret.payload(magic: 0)
            do {
                _ = try CommandImage(payload: file.rawValue, base: [])
                exit(1)
            } catch {
                guard secret.copiesInMemory() == 0 else { exit(2) }
            }
        }
    }
}
