import Testing

@testable import NSHelper

struct HelpTests {
    private let lines = Help.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)

    @Test(arguments: Option.all.map(\.name))
    func everyOptionHasItsNameOnALineAndItsHelpAndFormOnTheNext(name: String) throws {
        let position = try #require(lines.firstIndex(of: "  --" + name))
        let option = try #require(Option.all.first { $0.name == name })
        #expect(lines[position + 1] == "      \(option.help)  [\(option.form)]")
        #expect(lines.count { $0 == "  --" + name } == 1)
    }

    @Test func theFlagsThatAreNoOptionsAreExplainedToo() {
        for flag in ["--probe", "--config PATH", "--help, --version"] {
            #expect(lines.contains { $0.hasPrefix("  " + flag) }, "\(flag)")
        }
        #expect(Help.text.contains(CommandLine.defaultFile))
        #expect(Help.text.contains("--server-NAME"))
    }

    @Test func theExampleOfAVariableIsTrue() {
        #expect(Help.text.contains("--api-port is " + Option.variable("api-port")))
    }

    @Test func itFitsATerminalAndEndsWithALine() {
        #expect(Help.text.hasSuffix("\n"))
        #expect(!Help.text.hasSuffix("\n\n"))
        for line in lines { #expect(line.count <= 120, "\(line)") }
    }

    @Test func theVersionIsThreeNumbers() {
        let numbers = Help.version.split(separator: ".").compactMap { Int($0) }
        #expect(numbers.count == 3)
    }
}
