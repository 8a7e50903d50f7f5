import SandboxAPI
import Testing

@testable import SandboxServer

@Suite struct NamespaceSelectorTests {
    @Test(
        arguments: [
            ([], nil, .user), (["TERM", "LC_ALL"], nil, .user), (["API_KEY"], nil, .secure),
            (["LC_API_KEY"], nil, .secure),
            (["TERM", "API_KEY"], nil, .secure), ([], .secure, .secure), (["TERM"], .user, .user),
            (["API_KEY"], .user, nil),
        ] as [([String], NamespaceName?, NamespaceName?)]
    )
    func `the variables and the wish decide`(_ names: [String], _ wish: NamespaceName?, _ expected: NamespaceName?) {
        #expect(NamespaceSelector().select(names, wish: wish) == expected)
    }

    @Test(arguments: ["PATH", "LD_PRELOAD", "PYTHONPATH", "BASH_ENV", "ENV", "HOME", "term", "LCX", "TERMX"])
    func `names that change what runs are not neutral`(_ name: String) {
        #expect(!NamespaceSelector().isNeutral(name))
    }

    @Test func `an operator adds names and beginnings of names`() {
        let selector = NamespaceSelector(additional: ["BUILD_ID", "APP_*"])
        #expect(selector.isNeutral("BUILD_ID") && selector.isNeutral("APP_X") && !selector.isNeutral("BUILD_IDX"))
    }

    @Test(arguments: [("A", true), ("A_*", true), ("*", false), ("A*B", false), ("1A", false), ("", false)])
    func `patterns are names with at most one star at the end`(_ pattern: String, _ expected: Bool) {
        #expect(NamespaceSelector.isPattern(pattern) == expected)
    }
}
