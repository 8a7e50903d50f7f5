import Glibc
import HelperProtocol
import Testing

@testable import NSHelper

/// The table of options in Docs/Configuration.md is the code's: names, forms and defaults.
struct ConfigurationPageTests {
    /// One option as the page has it.
    private struct Row {
        var name: String
        var form: String
        /// nil where it is none, or depends on where the program lies.
        var standard: String?
    }

    private static let page =
        #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
        + "/Docs/Configuration.md"

    /// Rows of several options, such as uid and gid, become several.
    private static func rows() throws -> [Row] {
        let text = try #require(TextFile.read(page))
        let table = text.split(separator: "\n").drop { !$0.hasPrefix("| name | form |") }.dropFirst(2)
        var rows: [Row] = []
        for line in table.prefix(while: { $0.hasPrefix("|") }) {
            let cells = line.split(separator: "|").map { cell in cell.trimmed }
            try #require(cells.count == 4, "a cell is missing: \(line)")
            let names = cells[0].list
            // What the image says otherwise stands behind a semicolon.
            let standards = String(cells[2].prefix { $0 != ";" }).list
            for (number, name) in names.enumerated() where name != "server-NAME" {
                let standard = standards[min(number, standards.count - 1)]
                let isNone = ["none", "not set"].contains(standard) || standard.contains("beside")
                rows.append(Row(name: name, form: cells[1], standard: isNone ? nil : standard))
            }
        }
        return rows
    }

    @Test func `every option has its row, in the order of the code`() throws {
        #expect(try Self.rows().map(\.name) == Option.all.map(\.name))
    }

    @Test func `a default on the page is the program's`() throws {
        for row in try Self.rows() {
            guard let standard = row.standard else { continue }
            let line = try CommandLine(arguments: ["--\(row.name)", standard], environment: [], readFile: { _ in nil })
            var expected = HelperConfiguration()
            expected.file = line.configuration.file
            #expect(line.configuration == expected, "\(row.name) = \(standard)")
        }
    }

    @Test func `a range on the page is the program's`() throws {
        for row in try Self.rows() {
            let option = try #require(Option.all.first { $0.name == row.name })
            guard let dash = row.form.firstIndex(of: "–") else { continue }
            #expect(row.form[..<dash] + "..." + row.form[row.form.index(after: dash)...] == option.form, "\(row.name)")
        }
    }
}

extension Substring {
    fileprivate var trimmed: String { String(String(drop { $0 == " " }.reversed().drop { $0 == " " }).reversed()) }
}

extension String {
    /// Its parts between commas, without backticks.
    fileprivate var list: [String] {
        split(separator: ",").map { $0.trimmed.filter { $0 != "`" } }
    }
}
