import HelperProtocol
import Testing

@testable import NSHelper

/// What is weighed against what, and what is refused.
struct CommandLineTests {
    private func parse(
        _ arguments: [String] = [],
        environment: [String] = [],
        files: [String: String] = [:]
    ) throws -> CommandLine {
        try CommandLine(arguments: arguments, environment: environment, readFile: { files[$0] })
    }

    private func failure(
        _ arguments: [String] = [],
        environment: [String] = [],
        files: [String: String] = [:]
    ) throws -> String {
        try #require(throws: ConfigurationError.self) {
            try parse(arguments, environment: environment, files: files)
        }.message
    }

    private let file = CommandLine.defaultFile

    /// Without any option, after the default file was looked for.
    private var defaults: HelperConfiguration {
        var configuration = HelperConfiguration()
        configuration.file = file
        return configuration
    }

    // MARK: Precedence

    @Test(arguments: ["api-port", "workspace", "tmp-size", "grace-ms", "process-slots", "user-uid"])
    func aFlagWinsOverTheEnvironmentThatOverTheFileThatOverTheDefault(name: String) throws {
        let values: [String: [String]] = [
            "api-port": ["1001", "1002", "1003"], "workspace": ["/a", "/b", "/c"], "tmp-size": ["1m", "2m", "3m"],
            "grace-ms": ["1", "2", "3"], "process-slots": ["501", "502", "503"], "user-uid": ["6001", "6002", "6003"],
        ]
        let texts = try #require(values[name])
        let option = try #require(Option.all.first { $0.name == name })
        func configured(_ text: String) -> HelperConfiguration {
            var configuration = defaults
            #expect(option.apply(&configuration, text))
            return configuration
        }
        let flag = ["--\(name)", texts[0]]
        let environment = ["\(option.variable)=\(texts[1])"]
        let files = [file: "\(name) = \(texts[2])"]
        #expect(try parse(flag, environment: environment, files: files).configuration == configured(texts[0]))
        #expect(try parse(flag, files: files).configuration == configured(texts[0]))
        #expect(try parse(environment: environment, files: files).configuration == configured(texts[1]))
        #expect(try parse(files: files).configuration == configured(texts[2]))
        #expect(try parse().configuration == defaults)
    }

    @Test func ofAFlagGivenTwiceTheLastCounts() throws {
        #expect(try parse(["--api-port=1", "--api-port", "2"]).configuration.apiPort == 2)
        let files = ["/a": "api-port = 1", "/b": "api-port = 2"]
        #expect(try parse(["--config=/a", "--config", "/b"], files: files).configuration.apiPort == 2)
    }

    @Test func whereTheFlagsStandDoesNotMatter() throws {
        let files = ["/a": "api-port = 1"]
        #expect(try parse(["--api-port=2", "--config", "/a"], files: files).configuration.apiPort == 2)
    }

    @Test func theDefaultsContradictNothing() {
        #expect(HelperConfiguration().contradiction() == nil)
    }

    // MARK: Actions

    @Test func whatToDoIsAskedForByFlag() throws {
        #expect(try parse().action == .run)
        #expect(try parse(["--probe"]).action == .probe)
        #expect(try parse(["--help"]).action == .help)
        #expect(try parse(["-h"]).action == .help)
        #expect(try parse(["--version"]).action == .version)
        #expect(try parse(["--probe", "--user-uid", "5000"]).configuration.ids.user == 5000)
    }

    @Test func helpIsGivenHoweverBrokenTheConfigurationIs() throws {
        let environment = ["SANDBOX_API_PORT=broken"]
        #expect(try parse(["--help", "--api-port=x"], environment: environment, files: [file: "x"]).action == .help)
        #expect(try parse(["--version"], environment: environment).action == .version)
    }

    // MARK: The file

    @Test func theDefaultFileMayBeMissingAndANamedOneMayNot() throws {
        #expect(try parse().configuration == defaults)
        #expect(try failure(["--config", "/nowhere"]).hasPrefix("--config: cannot read '/nowhere'"))
        #expect(try failure(["--config="]).hasPrefix("--config: cannot read ''"))
    }

    @Test func aDefaultFileThatIsThereAndCannotBeReadIsAnError() {
        // It could hold the demand for isolation.
        #expect(throws: ConfigurationError.self) {
            try CommandLine(arguments: [], environment: [], readFile: { _ in nil }, fileExists: { _ in true })
        }
    }

    @Test func aNamedFileReplacesTheDefaultOne() throws {
        let files = [file: "api-port = 1", "/own": "jupyter-port = 2"]
        let configuration = try parse(["--config", "/own"], files: files).configuration
        #expect(configuration.apiPort == 8080)
        #expect(configuration.jupyterPort == 2)
        // It may name secrets, and is covered like the default one.
        #expect(configuration.file == "/own")
    }

    @Test func blankLinesAndCommentsAreSkipped() throws {
        let text = "\n# api-port = 1\n   # x\n\t\n  api-port\t=\t3  \n\r"
        #expect(try parse(files: [file: text]).configuration.apiPort == 3)
    }

    @Test func aBrokenLineOfTheFileIsNamedByItsNumber() throws {
        #expect(try failure(files: [file: "\napi-port 5"]) == "\(file):2: expected 'name = value'")
        #expect(try failure(files: [file: "nonsense = 1"]) == "\(file):1: nonsense: no such option; see --help")
        #expect(try failure(files: [file: "API-PORT = 1"]) == "\(file):1: API-PORT: no such option; see --help")
        #expect(try failure(files: [file: "config = /x"]) == "\(file):1: config: no such option; see --help")
        #expect(try failure(files: [file: "= 1"]) == "\(file):1: : no such option; see --help")
        #expect(try failure(["--config=/own"], files: ["/own": "x"]) == "/own:1: expected 'name = value'")
    }

    // MARK: Flags

    @Test func aFlagThatCannotBeIsNamed() throws {
        #expect(try failure(["--nonsense", "1"]) == "--nonsense: no such option; see --help")
        #expect(try failure(["--nonsense=1"]) == "--nonsense: no such option; see --help")
        #expect(try failure(["--api-port"]) == "--api-port needs a value; see --help")
        #expect(try failure(["--config"]) == "--config needs a value; see --help")
        for argument in ["start", "-p", "--", "", "-"] {
            #expect(try failure([argument]) == "unexpected argument '\(argument)'; see --help")
        }
    }

    @Test func everyErrorIsOneSentenceWithoutItsFullStop() throws {
        let messages = [
            try failure(["--nonsense", "1"]), try failure(["--api-port"]), try failure(["x"]),
            try failure(["--config=/x"]), try failure(["--api-port=x"]), try failure(["--workspace=/"]),
            try failure(["--user-uid=4200"]), try failure(files: [file: "x"]),
        ]
        for message in messages {
            #expect(!message.contains("\n"))
            #expect(!message.hasSuffix("."))
            #expect(message.count < 200)
        }
    }

    // MARK: The environment

    @Test func variablesOfOthersAreLeftAlone() throws {
        let environment = [
            "SANDBOX_VERSION=1.2", "SANDBOX_=x", "SANDBOX=x", "SANDBOX_API_PORTS=x", "API_PORT=x", "PATH=/bin",
            "SANDBOX_API_PORT", "SANDBOX_CONFIG=/nowhere", "sandbox_api_port=x", "SANDBOX_PROBE=1",
        ]
        #expect(try parse(environment: environment).configuration == defaults)
    }

    @Test func aValueMayHoldEqualsSigns() throws {
        #expect(try parse(environment: ["SANDBOX_WORKSPACE=/a=b"]).configuration.workspace == "/a=b")
        #expect(try parse(["--workspace=/a=b"]).configuration.workspace == "/a=b")
        #expect(try parse(files: [file: "workspace = /a = b"]).configuration.workspace == "/a = b")
    }

    // MARK: The server's settings

    @Test func settingsOfTheServerPassWhateverTheyAre() throws {
        let configuration = try parse(
            ["--server-log-level", "debug", "--server-token-file=/etc/token"],
            environment: ["SANDBOX_SERVER_MAX_BODY=5", "SANDBOX_SERVER_LOG_LEVEL=info"],
            files: [file: "server-idle-ms = 9\nserver-max-body = 1"]
        ).configuration
        var expected = defaults
        expected.serverSettings = [
            .init(name: "SANDBOX_SERVER_IDLE_MS", value: "9"), .init(name: "SANDBOX_SERVER_MAX_BODY", value: "5"),
            .init(name: "SANDBOX_SERVER_LOG_LEVEL", value: "debug"),
            .init(name: "SANDBOX_SERVER_TOKEN_FILE", value: "/etc/token"),
        ]
        #expect(configuration == expected)
    }

    @Test func theServersProgramIsNoSettingOfIts() throws {
        let configuration = try parse(environment: ["SANDBOX_SERVER=/opt/s"]).configuration
        #expect(configuration.server == "/opt/s")
        #expect(configuration.serverSettings.isEmpty)
    }

    @Test(arguments: ["--server-=x", "--server-a.b=x", "--server- =x"])
    func aSettingThatIsNoVariableIsRefused(argument: String) throws {
        #expect(try failure([argument]).hasSuffix("not a setting of the server's"))
    }

    @Test func aSettingThatWouldBeCutAtANULIsRefused() throws {
        #expect(try failure(files: [file: "server-a = x\u{0}y"]).hasSuffix("not a setting of the server's"))
    }

    // MARK: Contradictions

    @Test(arguments: [
        (["--api-port=9000", "--jupyter-port=9000"], "name the same port twice"),
        (["--reserved-ports=8080"], "name the same port twice"),
        (["--reserved-ports=81,81"], "name the same port twice"),
        (["--user-uid=4200"], "must be three different ids"),
        (["--secure-uid=4201"], "must be three different ids"),
        (["--control-uid=4202"], "must be three different ids"),
        (["--control-gid=4201"], "control-gid and workspace-gid must differ"),
        (["--workspace=/"], "workspace: '/' must be"), (["--workspace=/proc/x"], "workspace: '/proc/x' must be"),
        (["--workspace=/sys"], "workspace: '/sys' must be"),
        (["--workspace=/dev/shm"], "workspace: '/dev/shm' must be"),
        (["--workspace=/run"], "workspace: '/run' must be"), (["--workspace=//"], "workspace: '//' must be"),
        (["--workspace=/./proc"], "workspace: '/./proc' must be"),
        (["--workspace=//tmp/"], "workspace: '//tmp/' must be"),
        (["--workspace=/home"], "workspace: '/home' must be"), (["--workspace=/var"], "workspace: '/var' must be"),
        (["--socket=/workspace/x.sock"], "socket: '/workspace/x.sock' lies in the workspace"),
    ])
    func whatCannotBeTogetherIsSaidHoweverItWasGiven(arguments: [String], message: String) throws {
        #expect(try failure(arguments).contains(message))
        let lines = arguments.map { $0.dropFirst(2) }.joined(separator: "\n")
        #expect(try failure(files: [file: lines]).contains(message))
    }

    @Test func rootIsNobodyOfTheThree() {
        for path in [
            \HelperConfiguration.ids.control, \.ids.user, \.ids.secure, \.ids.controlGroup, \.ids.workspaceGroup,
        ] {
            var configuration = HelperConfiguration()
            configuration[keyPath: path] = 0
            #expect(configuration.contradiction()?.message.hasPrefix("id 0 is root") == true)
        }
    }

    @Test func portsThatArePickedDoNotClash() throws {
        #expect(try parse(["--api-port=0", "--jupyter-port=0"]).configuration.apiPort == 0)
    }

    @Test(arguments: ["/proces", "/development", "/runner", "/system/x", "/tmp/w", "/home/me/w"])
    func aWorkspaceThatOnlySoundsForbiddenIsNot(path: String) throws {
        #expect(try parse(["--workspace", path]).configuration.workspace == path)
    }
}
