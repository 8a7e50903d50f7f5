import Testing

@testable import NSHelper

struct MountTableTests {
    private func line(_ mountPoint: String, _ type: String = "ext4", optional: String = "") -> String {
        "36 35 98:0 /mnt1 \(mountPoint) rw,noatime \(optional)- \(type) /dev/root rw,errors=continue"
    }

    private func suspicious(_ mountPoint: String, _ type: String = "ext4") -> Bool {
        table(line(mountPoint, type)).suspicious == [mountPoint]
    }

    private func table(_ text: String) -> MountTable { MountTable(mountinfo: Array(text.utf8)) }

    @Test func aLineGivesItsMountPointAndTypeWhateverOptionalFieldsItHas() {
        for optional in ["", "master:1 ", "shared:5 master:1 propagate_from:2 unbindable "] {
            let table = table(line("/srv", "xfs", optional: optional) + "\n")
            #expect(table.entries == [.init(mountPoint: "/srv", type: "xfs")])
        }
    }

    @Test func everyLineIsRead() {
        let table = table([line("/"), line("/a", "proc"), line("/b", "tmpfs")].joined(separator: "\n"))
        #expect(table.entries.map(\.mountPoint) == ["/", "/a", "/b"])
        #expect(table.entries.map(\.type) == ["ext4", "proc", "tmpfs"])
    }

    @Test(arguments: ["", "\n\n", "36 35 98:0 /", "36 35 98:0 / /x rw -", "no dash in this line at all", "- proc"])
    func aLineThatIsNoneIsSkipped(text: String) {
        #expect(table(text).entries.isEmpty)
    }

    @Test func aMountPointCalledDashIsTakenForWhatItIs() {
        // The separator is a field of its own; a mount point always starts with a slash.
        #expect(table(line("/-", "proc")).entries == [.init(mountPoint: "/-", type: "proc")])
    }

    @Test(arguments: [
        (#"/with\040blank"#, "/with blank"), (#"/tab\011and\012newline"#, "/tab\tand\nnewline"),
        (#"/back\134slash"#, "/back\\slash"), (#"/hash\043"#, "/hash#"), (#"/\134040"#, "/\\040"),
        (#"/\303\244"#, "/ä"), ("/ä", "/ä"), (#"/end\04"#, #"/end\04"#), (#"/end\"#, #"/end\"#),
        (#"/none\089"#, #"/none\089"#), (#"/big\777"#, #"/big\777"#), (#"\040"#, " "),
    ])
    func octalEscapesAreUndoneOnceAndOtherBackslashesLeft(written: String, meant: String) {
        #expect(table(line(written)).entries.first?.mountPoint == meant)
    }

    @Test func anyBytesAreReadWithoutATrap() {
        var source = Noise(state: 3)
        let alphabet = Array(#"\0123456789 -/ac"# + "\n")
        for _ in 0..<5000 {
            let text = String(
                (0..<Int.random(in: 0...60, using: &source)).map { _ in alphabet.randomElement(using: &source) ?? "-" }
            )
            _ = table(text).suspicious
        }
    }

    @Test func aNameThatIsNoTextHidesNoOtherLine() {
        let bytes = Array(line("/srv/a").utf8) + [0x0A] + Array("36 35 98:0 / /\u{FF}".utf8).dropLast(2) + [0xFF, 0xFE]
        let all = bytes + Array(" rw - ext4 x rw\n".utf8) + Array(line("/host/proc", "proc").utf8)
        let table = MountTable(mountinfo: all)
        #expect(table.entries.count == 3)
        #expect(table.suspicious == ["/host/proc"])
    }

    @Test(arguments: ["sysfs", "cgroup", "cgroup2", "debugfs", "tracefs", "securityfs", "bpf", "proc"])
    func theKernelsFileSystemsAreSuspiciousAwayFromTheirPlace(type: String) {
        #expect(suspicious("/host/fs", type))
        #expect(!suspicious("/sys/fs/x", type))
        #expect(!suspicious("/sys", type))
    }

    @Test func anotherProcIsSuspiciousWhereverItIs() {
        #expect(suspicious("/host/proc", "proc"))
        #expect(suspicious("/procfs", "proc"))
        #expect(!suspicious("/host/proc", "ext4"))
    }

    @Test(arguments: [
        "/docker.sock", "/var/docker.sock", "/srv/containerd/containerd.sock", "/etc/secrets", "/etc/secrets/token",
        "/var/lib/secrets-store", "/srv/kubernetes.io/serviceaccount",
    ])
    func socketsAndSecretsAreSuspicious(path: String) { #expect(suspicious(path)) }

    @Test(arguments: [
        "/proc", "/proc/sys", "/run", "/run/secrets", "/run/docker.sock", "/dev", "/dev/x.sock", "/tmp/x.sock",
    ])
    func placesThatGetPrivateFileSystemsAreNotNamed(path: String) {
        #expect(!suspicious(path, "proc"))
    }

    @Test(arguments: ["/running/x.sock", "/device.sock", "/tmpx/secrets", "/procs/x.sock"])
    func placesThatOnlySoundLikeThemAreNamed(path: String) { #expect(suspicious(path)) }

    @Test(arguments: ["/", "/workspace", "/etc/hosts", "/etc/resolv.conf", "/srv/socket", "/usr/lib"])
    func ordinaryMountsAreLeftAlone(path: String) { #expect(!suspicious(path)) }
}
