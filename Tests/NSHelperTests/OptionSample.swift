import HelperProtocol

@testable import NSHelper

/// For every option a value that is not the default, what it does, and values that are not of its form.
struct OptionSample: Sendable {
    var name: String
    var text: String
    var wrong: [String]
    var set: @Sendable (inout HelperConfiguration) -> Void

    private static let notPorts = ["", "-1", "65536", "x", "80 ", "0x50", "8080,"]
    private static let notIDs = ["", "0", "-1", "4294967295", "root"]
    private static let notPaths = [
        "", "workspace", "./x", "/a/../b", "/..", "~", "/" + String(repeating: "a", count: 4095),
    ]
    private static let notSizes = ["", "m", "0m", "5", "5t", "-1m", "5M", "1.5g", "4294967296k", "m5", "+5m"]
    private static let notSlots = ["", "0", "4097", "-1", "many"]

    static let all: [OptionSample] = [
        OptionSample(name: "isolation", text: "namespaces", wrong: ["", "None", "strong", "auto "]) {
            $0.isolation = .namespaces
        },
        OptionSample(
            name: "accept-unprotected-credentials",
            text: "users",
            wrong: ["", "yes", "namespaces", "auto", "users,none"]
        ) { $0.acceptedForCredentials = .users },
        OptionSample(name: "api-port", text: "18080", wrong: notPorts) { $0.apiPort = 18080 },
        OptionSample(name: "jupyter-port", text: "18888", wrong: notPorts) { $0.jupyterPort = 18888 },
        OptionSample(name: "reserved-ports", text: "81,82,65535", wrong: ["0", "81,x", "65536", "81 82", "-1"]) {
            $0.reservedPorts = [81, 82, 65535]
        },
        OptionSample(name: "control-uid", text: "5200", wrong: notIDs) { $0.ids.control = 5200 },
        OptionSample(name: "control-gid", text: "5300", wrong: notIDs) { $0.ids.controlGroup = 5300 },
        OptionSample(name: "user-uid", text: "5201", wrong: notIDs) { $0.ids.user = 5201 },
        OptionSample(name: "secure-uid", text: "4294967294", wrong: notIDs) { $0.ids.secure = 4_294_967_294 },
        OptionSample(name: "cell-uid", text: "70000", wrong: notIDs) { $0.cellUID = 70_000 },
        OptionSample(name: "workspace-gid", text: "5301", wrong: notIDs) { $0.ids.workspaceGroup = 5301 },
        OptionSample(name: "workspace", text: "/srv/work", wrong: notPaths) { $0.workspace = "/srv/work" },
        OptionSample(name: "socket", text: "/run/pair/door.sock", wrong: notPaths) {
            $0.socket = "/run/pair/door.sock"
        },
        OptionSample(name: "server", text: "/opt/server", wrong: notPaths) { $0.server = "/opt/server" },
        OptionSample(name: "agent", text: "/opt/agent", wrong: notPaths) { $0.agent = "/opt/agent" },
        OptionSample(name: "jupyter", text: "/opt/jupyter", wrong: notPaths) { $0.jupyter = "/opt/jupyter" },
        OptionSample(name: "homes", text: "/srv/homes", wrong: notPaths) { $0.homes = "/srv/homes" },
        OptionSample(name: "environment-file", text: "/etc/env", wrong: notPaths) { $0.environmentFile = "/etc/env" },
        OptionSample(
            name: "audit-log",
            text: "/var/log/audit",
            wrong: ["", "audit", "./x", "/a/../b", "Syslog"]
        ) { $0.auditLog = "/var/log/audit" },
        OptionSample(name: "hidden-paths", text: "/etc/key:/srv/x", wrong: ["x", "/a:b", "/a:/b/../c"]) {
            $0.hiddenPaths = ["/etc/key", "/srv/x"]
        },
        OptionSample(name: "tmp-size", text: "1g", wrong: notSizes) { $0.sizes.tmp = "1g" },
        OptionSample(name: "home-size", text: "25%", wrong: notSizes) { $0.sizes.home = "25%" },
        OptionSample(name: "shm-size", text: "128m", wrong: notSizes) { $0.sizes.shm = "128m" },
        OptionSample(name: "run-size", text: "900k", wrong: notSizes) { $0.sizes.run = "900k" },
        OptionSample(name: "tmp-inodes", text: "16", wrong: ["", "15", "100000001", "-16", "1k"]) {
            $0.sizes.inodes = 16
        },
        OptionSample(name: "terminals", text: "4096", wrong: notSlots) { $0.sizes.terminals = 4096 },
        OptionSample(name: "process-slots", text: "300", wrong: notSlots) { $0.processSlots = 300 },
        OptionSample(name: "cell-slots", text: "7", wrong: notSlots) { $0.cellSlots = 7 },
        OptionSample(name: "cell-listen", text: "refuse", wrong: ["", "no", "Allow", "allow "]) {
            $0.cellsListen = false
        },
        OptionSample(name: "user-processes", text: "4194304", wrong: ["", "15", "4194305", "-1"]) {
            $0.userProcesses = 4_194_304
        },
        OptionSample(name: "open-files", text: "4096", wrong: ["", "63", "1048577", "-1"]) { $0.openFiles = 4096 },
        OptionSample(name: "user-nice", text: "0", wrong: ["", "20", "-1"]) { $0.userNice = 0 },
        OptionSample(name: "secure-nice", text: "19", wrong: ["", "20", "-1"]) { $0.secureNice = 19 },
        OptionSample(name: "cgroups", text: "required", wrong: ["", "on", "Auto"]) { $0.cgroups = .required },
        OptionSample(name: "user-memory", text: "512m", wrong: notSizes) { $0.userMemory = .bytes(512 << 20) },
        OptionSample(name: "secure-memory", text: "10%", wrong: notSizes) { $0.secureMemory = .percent(10) },
        OptionSample(name: "user-cpu-weight", text: "10000", wrong: ["", "0", "10001", "-1"]) {
            $0.userWeight = 10_000
        },
        OptionSample(name: "secure-cpu-weight", text: "1", wrong: ["", "0", "10001"]) { $0.secureWeight = 1 },
        OptionSample(name: "grace-ms", text: "0", wrong: ["", "-1", "600001", "5s"]) { $0.graceMilliseconds = 0 },
        OptionSample(name: "watchdog-ms", text: "2000", wrong: ["", "-1", "3600001", "30s"]) {
            $0.watchdogMilliseconds = 2000
        },
    ]
}
