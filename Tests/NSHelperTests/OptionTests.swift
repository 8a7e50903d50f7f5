import HelperProtocol
import Testing

@testable import NSHelper

/// Every option in all the ways it can be given.
struct OptionTests {
    private func sample(_ name: String) throws -> OptionSample {
        try #require(OptionSample.all.first { $0.name == name }, "a sample is missing here")
    }

    private func parse(
        _ arguments: [String] = [],
        environment: [String] = [],
        file: String? = nil
    ) throws
        -> HelperConfiguration
    {
        try CommandLine(arguments: arguments, environment: environment, readFile: { _ in file }).configuration
    }

    @Test func everyOptionHasItsSampleHereAndNoNameIsUsedTwice() {
        #expect(OptionSample.all.map(\.name) == Option.all.map(\.name))
        #expect(Set(Option.all.map(\.name)).count == Option.all.count)
        #expect(Set(Option.all.map(\.variable)).count == Option.all.count)
        #expect(!Option.all.contains { $0.variable.hasPrefix("SANDBOX_SERVER_") })
    }

    @Test(arguments: Option.all.map(\.name))
    func anOptionMeansTheSameAsFlagVariableAndLineOfTheFile(name: String) throws {
        let sample = try sample(name)
        var expected = HelperConfiguration()
        sample.set(&expected)
        #expect(expected != HelperConfiguration(), "the sample is the default")
        expected.file = CommandLine.defaultFile
        #expect(try parse(["--\(name)", sample.text]) == expected)
        #expect(try parse(["--\(name)=\(sample.text)"]) == expected)
        let variable = Option.variable(name) + "=" + sample.text
        #expect(try parse(environment: [variable]) == expected)
        #expect(try parse(file: "\(name) = \(sample.text)\n") == expected)
        #expect(try parse(file: "\n  \(name)=\(sample.text)  \t\n") == expected)
    }

    @Test(arguments: Option.all.map(\.name))
    func aValueThatIsNotOfTheFormIsOneSentenceThatNamesTheOptionAndTheForm(name: String) throws {
        let option = try #require(Option.all.first { $0.name == name })
        let variable = option.variable
        for wrong in try sample(name).wrong {
            let asFlag = try #require(throws: ConfigurationError.self) { try parse(["--\(name)=\(wrong)"]) }
            #expect(asFlag.message == "--\(name): '\(wrong)' is not \(option.form)")
            let asVariable = try #require(throws: ConfigurationError.self) {
                try parse(environment: ["\(variable)=\(wrong)"])
            }
            #expect(asVariable.message == "\(variable): '\(wrong)' is not \(option.form)")
            let line = wrong.trimmingPrefix { $0 == " " }
            guard line.last != " " else { continue }
            let inFile = try #require(throws: ConfigurationError.self) { try parse(file: "\n\(name)=\(line)") }
            #expect(inFile.message == "\(CommandLine.defaultFile):2: \(name): '\(line)' is not \(option.form)")
        }
    }

    @Test(arguments: Option.all.map(\.name))
    func anOptionExplainsItself(name: String) throws {
        let option = try #require(Option.all.first { $0.name == name })
        #expect(option.help.count > 15)
        #expect(option.form.count > 5)
        #expect(!option.help.contains("\n"))
        #expect(option.name.allSatisfy { $0.isLowercase || $0 == "-" })
        #expect(option.variable == "SANDBOX_" + name.uppercased().replacing("-", with: "_"))
    }

    @Test func aFileWhoseLinesEndAsOnWindowsMeansTheSame() throws {
        // "\r\n" is one Character, which neither "\n" nor "\r" equals.
        let configuration = try parse(file: "# ports\r\napi-port = 18080\r\nworkspace = /srv/work\r\n")
        #expect(configuration.apiPort == 18080)
        #expect(configuration.workspace == "/srv/work")
    }

    @Test func autoTakesAnEarlierChoiceBack() throws {
        #expect(try parse(["--isolation=auto"], environment: ["SANDBOX_ISOLATION=none"]).isolation == nil)
        #expect(try parse(["--isolation=none"]).isolation == IsolationMode.none)
    }

    @Test func anEmptyListTakesAnEarlierOneBack() throws {
        let configuration = try parse(
            ["--reserved-ports=", "--hidden-paths="],
            file: "reserved-ports = 81,82\nhidden-paths = /a:/b"
        )
        #expect(configuration.reservedPorts.isEmpty)
        #expect(configuration.hiddenPaths.isEmpty)
    }
}
