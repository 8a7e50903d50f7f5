/// Media types by file extension.
enum MediaTypeTable {
    /// The type of a name's extension; nil if there is none or it says nothing.
    static func type(_ fileName: some Collection<UInt8>) -> MediaType? {
        let parts = fileName.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        // A name such as `.json` has no extension.
        guard parts.count > 1, parts.count > 2 || parts.first?.isEmpty == false, let last = parts.last else {
            return nil
        }
        return types[String(decoding: last, as: UTF8.self).lowercased()].map(MediaType.init(name:))
    }

    private static let types: [String: String] = {
        var types: [String: String] = [:]
        for line in lines {
            let words = line.split(separator: " ")
            for ending in words.dropFirst() { types[String(ending)] = String(words[0]) }
        }
        return types
    }()

    /// A type, then its extensions.
    private static let lines = [
        "text/plain txt text log conf cfg ini env properties gitignore dockerfile diff patch lock",
        "text/html html htm xhtml", "text/css css scss sass less", "text/csv csv", "text/tab-separated-values tsv",
        "text/markdown md markdown mdx", "text/calendar ics", "text/vtt vtt", "text/x-rst rst", "text/x-tex tex",
        "text/javascript mjs cjs", "application/javascript js jsx", "text/typescript ts tsx mts cts",
        "text/x-python py pyi pyw", "text/x-ruby rb", "text/x-perl pl pm", "text/x-php php", "text/x-java java",
        "text/x-kotlin kt kts", "text/x-scala scala", "text/x-swift swift", "text/x-go go", "text/x-rust rs",
        "text/x-c c h", "text/x-c++ cc cpp cxx hh hpp hxx", "text/x-csharp cs", "text/x-lua lua", "text/x-r r",
        "text/x-vue vue", "text/x-svelte svelte", "text/x-haskell hs", "text/x-elixir ex exs", "text/x-erlang erl",
        "application/x-sh sh bash zsh fish", "application/sql sql", "application/graphql graphql gql",
        "application/json json map ipynb webmanifest", "application/x-ndjson ndjson jsonl",
        "application/ld+json jsonld", "application/geo+json geojson", "application/xml xml xsd xsl plist",
        "application/rss+xml rss", "application/atom+xml atom", "application/yaml yaml yml", "application/toml toml",
        "image/svg+xml svg", "image/png png", "image/jpeg jpg jpeg jpe", "image/gif gif", "image/webp webp",
        "image/bmp bmp", "image/tiff tif tiff", "image/x-icon ico", "image/avif avif", "image/heic heic",
        "audio/mpeg mp3", "audio/wav wav", "audio/ogg ogg oga opus", "audio/flac flac", "audio/aac aac",
        "audio/mp4 m4a", "audio/midi mid midi", "video/mp4 mp4 m4v", "video/mpeg mpeg mpg", "video/webm webm",
        "video/ogg ogv", "video/quicktime mov", "video/x-msvideo avi", "video/x-matroska mkv",
        "font/woff woff", "font/woff2 woff2", "font/ttf ttf", "font/otf otf", "application/pdf pdf",
        "application/zip zip", "application/gzip gz tgz", "application/x-tar tar", "application/x-bzip2 bz2",
        "application/x-xz xz", "application/zstd zst", "application/x-7z-compressed 7z", "application/vnd.rar rar",
        "application/java-archive jar", "application/wasm wasm", "application/x-sqlite3 sqlite sqlite3 db",
        "application/rtf rtf", "application/epub+zip epub", "application/msword doc", "application/vnd.ms-excel xls",
        "application/vnd.ms-powerpoint ppt",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document docx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet xlsx",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation pptx",
        "application/vnd.oasis.opendocument.text odt", "application/vnd.oasis.opendocument.spreadsheet ods",
        "application/vnd.apache.parquet parquet", "application/x-python-code pyc", "application/x-hdf5 h5 hdf5",
    ]
}
