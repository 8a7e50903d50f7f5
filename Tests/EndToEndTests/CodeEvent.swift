import SandboxAPI

/// One event of a run of code, as callers read it.
struct CodeEvent: Decodable {
    var type: String
    var text: String?
    var html: String?
    var png: String?
    var json: JSONValue?
    var ename: String?
    var evalue: String?
    var traceback: [String]?
    var count: Int?
    var truncated: Bool?

    private enum CodingKeys: String, CodingKey {
        case type, text, html, png, json, ename, evalue, traceback, truncated
        case count = "execution_count"
    }
}
