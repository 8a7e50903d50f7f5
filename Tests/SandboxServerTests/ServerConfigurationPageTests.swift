import FoundationEssentials
import Testing

@testable import SandboxServer

/// The table of settings in Docs/Configuration.md is the code's: names and defaults.
struct ServerConfigurationPageTests {
    private static let page =
        #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
        + "/Docs/Configuration.md"

    /// Names and defaults as the page has them; nil for none.
    private static func rows() throws -> [(variable: String, standard: String?)] {
        let data = try Data(contentsOf: URL(filePath: page))
        let table = String(decoding: data, as: UTF8.self).split(separator: "\n").drop {
            !$0.hasPrefix("| name | default | meaning |")
        }
        return try table.dropFirst(2).prefix { $0.hasPrefix("|") }.map { line in
            let cells = line.split(separator: "|").map { $0.filter { $0 != "`" && $0 != " " } }
            try #require(cells.count == 3, "a cell is missing: \(line)")
            let variable = "SANDBOX_" + cells[0].uppercased().replacing("-", with: "_")
            return (variable, cells[1] == "none" ? nil : cells[1])
        }
    }

    @Test func `every setting has its row`() throws {
        let prefix = "SANDBOX_SERVER_"
        #expect(Set(try Self.rows().map(\.variable)) == Set(ServerConfiguration.names.map { prefix + $0 }))
    }

    @Test func `a default on the page is the program's`() throws {
        for row in try Self.rows() {
            guard let standard = row.standard else { continue }
            let configuration = try ServerConfiguration(environment: [row.variable: standard]) { _ in true }
            #expect(configuration == ServerConfiguration(), "\(row.variable) = \(standard)")
        }
    }
}
