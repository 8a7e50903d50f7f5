import HelperProtocol
import Testing

@testable import NSHelper

struct BaseEnvironmentTests {
    private func dictionary(_ variables: [EnvironmentVariable]) -> [String: String] {
        var result: [String: String] = [:]
        for variable in variables {
            let name = String(decoding: variable.name, as: UTF8.self)
            #expect(result.updateValue(String(decoding: variable.value, as: UTF8.self), forKey: name) == nil, "\(name)")
        }
        return result
    }

    private func parse(_ text: String) throws -> [String] {
        try BaseEnvironment(file: text, path: "/e").imageDefaults.map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    @Test func aUserCommandStartsWithSixVariablesAndNothingElse() {
        let variables = dictionary(BaseEnvironment().variables(.user, home: "/home/user"))
        #expect(
            variables == [
                "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/home/user",
                "USER": "sandbox-user", "LOGNAME": "sandbox-user", "SHELL": "/bin/bash", "LANG": "C.UTF-8",
            ]
        )
    }

    @Test func theSearchPathHasAbsoluteDirectoriesOnly() throws {
        for namespace in [SandboxNamespace.user, .secure] {
            let path = try #require(dictionary(BaseEnvironment().variables(namespace, home: "/h"))["PATH"])
            let places = path.split(separator: ":", omittingEmptySubsequences: false)
            #expect(places.allSatisfy { $0.hasPrefix("/") })
        }
    }

    @Test func aCellIsProtectedFromWhatLiesInTheWorkspace() throws {
        let variables = dictionary(BaseEnvironment().variables(.secure, home: "/home/secure"))
        #expect(variables["USER"] == "sandbox-secure")
        #expect(variables["TMPDIR"] == "/tmp")
        #expect(variables["PYTHONSAFEPATH"] == "1")
        #expect(variables["PYTHONNOUSERSITE"] == "1")
        #expect(variables["GIT_SSH_COMMAND"] == "ssh")
        let count = try #require(variables["GIT_CONFIG_COUNT"].flatMap { Int($0) })
        var settings: [String: String] = [:]
        for index in 0..<count {
            let key = try #require(variables["GIT_CONFIG_KEY_\(index)"])
            let value = try #require(variables["GIT_CONFIG_VALUE_\(index)"])
            settings[key] = value
        }
        #expect(variables["GIT_CONFIG_KEY_\(count)"] == nil)
        #expect(
            settings == [
                "core.fsmonitor": "false", "core.hooksPath": "/dev/null", "credential.helper": "",
                "safe.bareRepository": "explicit", "protocol.ext.allow": "never", "core.askPass": "",
                "gpg.program": "gpg", "gpg.ssh.program": "ssh-keygen", "gpg.ssh.defaultKeyCommand": "ssh-add -L",
                "gpg.x509.program": "gpgsm",
                "core.alternateRefsCommand": "true",
            ]
        )
        let user = dictionary(BaseEnvironment().variables(.user, home: "/home/user"))
        #expect(user.keys.allSatisfy { !$0.hasPrefix("GIT_") && !$0.hasPrefix("PYTHON") })
    }

    @Test func theImagesDefaultsWinAndNeverStandTwice() throws {
        let base = try BaseEnvironment(file: "PATH=/opt/bin\nJAVA_HOME=/opt/java\nTMPDIR=/scratch\n", path: "/e")
        for namespace in [SandboxNamespace.user, .secure] {
            let variables = dictionary(base.variables(namespace, home: "/h"))
            #expect(variables["PATH"] == "/opt/bin")
            #expect(variables["JAVA_HOME"] == "/opt/java")
            #expect(variables["TMPDIR"] == "/scratch")
            #expect(variables["HOME"] == "/h")
        }
    }

    @Test func everyVariableHasANameThatExecutesAnywhere() {
        for variable in BaseEnvironment().variables(.secure, home: "/h") {
            #expect(SpawnPayload.isVariableName(variable.name))
            #expect(!variable.bytes.contains(0))
        }
    }

    @Test func theFileHasOneVariableALineWithoutQuotesOrExpansion() throws {
        let text = """
            # comment
              # indented comment

            PLAIN=value
              INDENTED=1\t
            EMPTY=
            EQUALS=a=b=c
            QUOTED="x y"
            DOLLAR=$HOME/`id`
            HASH=a#b
            INNER=a  b
            """
        #expect(
            try parse(text) == [
                "PLAIN=value", "INDENTED=1", "EMPTY=", "EQUALS=a=b=c", "QUOTED=\"x y\"", "DOLLAR=$HOME/`id`",
                "HASH=a#b",
                "INNER=a  b",
            ]
        )
        #expect(try parse("") == [])
        #expect(try parse("# comment\r\nA=1\r\nB=2\r\n") == ["A=1", "B=2"])
    }

    @Test func ofALineThatComesTwiceTheLastCounts() throws {
        #expect(try parse("A=1\nB=2\nA=3") == ["B=2", "A=3"])
    }

    @Test(arguments: ["WORD", "=value", "1A=x", "A-B=x", "A =x", "export A=x", "ä=x", "A=\u{0}x", "A\u{0}=x"])
    func aBrokenLineIsAnErrorThatNamesThePlaceAndNotTheContent(line: String) throws {
        let error = try #require(throws: ConfigurationError.self) { try parse("GOOD=1\n\n" + line) }
        #expect(error.message == "/e:3: expected NAME=value")
    }
}
