import FoundationEssentials
public import SandboxAPI

/// One value or display of code, in every form that the code gave it.
public struct CodeOutput: Sendable, Hashable {
    /// As a plain text; Python's `repr`.
    public var text: String?
    /// As HTML, for example a table of pandas.
    public var html: String?
    /// As Markdown.
    public var markdown: String?
    /// As LaTeX.
    public var latex: String?
    /// As a picture: the text of an SVG document.
    public var svg: String?
    /// As a picture: the bytes of a PNG file, for example a figure of matplotlib.
    public var png: [UInt8]?
    /// As a picture: the bytes of a JPEG file.
    public var jpeg: [UInt8]?
    /// As JavaScript for a page.
    public var javascript: String?
    /// As JSON.
    public var json: JSONValue?
    /// As the description of a chart, of the media type ``chartType``: Plotly's or Vega's.
    public var chart: JSONValue?
    /// The media type of ``chart``.
    public var chartType: String?
    /// What the kernel says about the forms, by media type.
    public var metadata: JSONValue

    /// What code sends is not trusted to have the right shape: a form that has not is left out.
    init(_ fields: [String: JSONValue]) {
        func string(_ name: String) -> String? {
            if case .string(let text)? = fields[name] { text } else { nil }
        }
        func bytes(_ name: String) -> [UInt8]? {
            string(name).flatMap { Data(base64Encoded: $0, options: .ignoreUnknownCharacters) }.map(Array.init)
        }
        text = string("text")
        html = string("html")
        markdown = string("markdown")
        latex = string("latex")
        svg = string("svg")
        png = bytes("png")
        jpeg = bytes("jpeg")
        javascript = string("javascript")
        json = fields["json"]
        chart = fields["chart"]
        chartType = string("chartType")
        metadata = fields["metadata"] ?? [:]
    }
}
