import Glibc
import HelperProtocol
import Testing

@testable import NSHelper

struct RemedyTests {
    /// One failure for each row of the table.
    private static let rows: [(stage: Stage, errno: Int32)] = [
        (.helperIdentity, EPERM), (.helperCapabilities, EPERM), (.helperThreads, EBUSY), (.clone, EPERM),
        (.clone, ENOSYS), (.clone, ENOSPC), (.mount, EACCES), (.mount, EPERM), (.mount, ENOENT),
        (.mountAttributes, ENOSYS), (.joinNamespace, EPERM), (.groupID, EPERM), (.userID, EPERM),
        (.boundingSet, EPERM), (.systemCallFilter, EINVAL), (.workspace, ENOENT), (.device, ENODEV), (.keyring, EIO),
    ]

    private func text(_ stage: Stage, _ errno: Int32, missing: [String] = []) -> String {
        Remedy.text(HelperFailure(.stepFailed, stage: stage, errno: errno), missing: missing)
    }

    @Test func everyRowSaysSomethingElse() {
        let texts = Self.rows.map { text($0.stage, $0.errno, missing: ["KILL"]) }
        #expect(Set(texts).count == texts.count)
    }

    @Test(arguments: rows.map { [Int32($0.stage.rawValue), $0.errno] })
    func aRemedyIsOneSentenceOfWhatToDo(row: [Int32]) throws {
        let stage = try #require(Stage(rawValue: UInt16(row[0])))
        let text = text(stage, row[1], missing: ["KILL"])
        #expect(text.count > 25)
        #expect(!text.contains("\n"))
        #expect(!text.hasSuffix("."))
    }

    @Test(arguments: [
        (Stage.clone, "SYS_ADMIN"), (.newNamespace, "SYS_ADMIN"), (.joinNamespace, "SYS_CHROOT"), (.groupID, "SETGID"),
        (.supplementaryGroups, "SETGID"), (.userID, "SETUID"), (.boundingSet, "SETPCAP"),
    ])
    func aStepThatIsNotPermittedNamesTheCapabilityThatWouldPermitIt(stage: Stage, capability: String) {
        #expect(text(stage, EPERM).contains("--cap-add " + capability))
    }

    @Test func theMissingCapabilitiesAreNamedEachWithItsFlag() {
        #expect(
            text(.helperCapabilities, EPERM, missing: ["SYS_ADMIN", "KILL"])
                == "give the container --cap-add SYS_ADMIN --cap-add KILL"
        )
    }

    @Test(arguments: [Stage.privateMounts, .mount, .mask])
    func aMountThatALabelRefusesNamesTheLabel(stage: Stage) {
        #expect(text(stage, EACCES).contains("apparmor=unconfined"))
    }

    @Test(arguments: [Stage.userID, .groupID])
    func anIDThatIsNotMappedIsSaidToBe(stage: Stage) {
        #expect(text(stage, EINVAL).contains("user namespace"))
    }

    @Test func aStepNobodyThoughtOfIsNamedWithTheKernelsReason() {
        for stage in Stage.allCases where stage != .none {
            let text = text(stage, EXDEV, missing: ["KILL"])
            #expect(!text.isEmpty)
            if text.hasPrefix("the kernel refused") { #expect(text.contains(stage.name)) }
        }
        #expect(text(.keyring, EIO).contains("keyring"))
        #expect(text(.keyring, EIO).contains(String(cString: strerror(EIO))))
    }
}
