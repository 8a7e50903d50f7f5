/// Lines up columns: the first to the left, the numbers to the right.
enum Table {
    static func text(_ head: [String], _ rows: [[String]]) -> String {
        let all = [head] + rows
        let widths = head.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        func line(_ cells: [String]) -> String {
            let padded = cells.indices.map { column in
                let blanks = String(repeating: " ", count: widths[column] - cells[column].count)
                return column == 0 ? cells[column] + blanks : blanks + cells[column]
            }
            return "| " + padded.joined(separator: " | ") + " |"
        }
        let rule = widths.indices.map { column in
            let dashes = String(repeating: "-", count: widths[column] - (column == 0 ? 0 : 1))
            return column == 0 ? dashes : dashes + ":"
        }
        return ([line(head), "| " + rule.joined(separator: " | ") + " |"] + rows.map(line)).joined(separator: "\n")
            + "\n"
    }
}
