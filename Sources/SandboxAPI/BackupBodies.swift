/// Body of `POST /api/backup/create`.
public struct BackupCreateRequest: Codable, Sendable {
    /// How the archive is compressed.
    public struct Compression: Codable, Sendable {
        /// `gzip`, `lz4` or `zstd`; lz4 if absent.
        public var format: String?
        /// Threads that compress; 8 if absent.
        public var threads: Int?

        /// Makes a choice.
        public init(format: String? = nil, threads: Int? = nil) {
            self.format = format
            self.threads = threads
        }
    }

    /// The directory to archive.
    public var dir: String
    /// The archive's file, below the backup directory.
    public var archivePath: String
    /// Whether to leave out what git ignores.
    public var gitignore: Bool?
    /// Patterns to leave out.
    public var excludes: [String]?
    /// How to compress.
    public var compression: Compression?
    /// Accepted; archives are made outside of sessions.
    public var sessionId: String?

    /// Makes a request.
    public init(
        dir: String,
        archivePath: String,
        gitignore: Bool? = nil,
        excludes: [String]? = nil,
        compression: Compression? = nil,
        sessionId: String? = nil
    ) {
        self.dir = dir
        self.archivePath = archivePath
        self.gitignore = gitignore
        self.excludes = excludes
        self.compression = compression
        self.sessionId = sessionId
    }
}

/// Answer of `POST /api/backup/create`. Answers about backups carry no timestamp.
public struct BackupCreateAnswer: Codable, Sendable {
    /// Always true.
    public var success = true
    /// Of the archive.
    public var sizeBytes: Int
    /// The archive's file.
    public var archivePath: String

    /// Makes an answer.
    public init(sizeBytes: Int, archivePath: String) {
        self.sizeBytes = sizeBytes
        self.archivePath = archivePath
    }
}

/// Body of `POST /api/backup/restore`.
public struct BackupRestoreRequest: Codable, Sendable {
    /// The directory that is to hold what the archive holds, and nothing else.
    public var dir: String
    /// The archive's file.
    public var archivePath: String
    /// Accepted; archives are restored outside of sessions.
    public var sessionId: String?

    /// Makes a request.
    public init(dir: String, archivePath: String, sessionId: String? = nil) {
        self.dir = dir
        self.archivePath = archivePath
        self.sessionId = sessionId
    }
}

/// Answer of `POST /api/backup/restore`.
public struct BackupRestoreAnswer: Codable, Sendable {
    /// Always true.
    public var success = true
    /// The restored directory.
    public var dir: String

    /// Makes an answer.
    public init(dir: String) { self.dir = dir }
}

/// Body of `POST /api/backup/upload-parts`. The addresses are secrets: who has one may write.
public struct BackupUploadRequest: Codable, Sendable, CustomStringConvertible, CustomReflectable {
    /// One piece of the archive and where it goes.
    public struct Part: Codable, Sendable {
        /// From 1.
        public var partNumber: Int
        /// A presigned https address.
        public var url: SecretBytes
        /// Of the piece's first byte in the archive.
        public var offset: Int
        /// Bytes of the piece.
        public var size: Int

        /// Makes a part.
        public init(partNumber: Int, url: SecretBytes, offset: Int, size: Int) {
            self.partNumber = partNumber
            self.url = url
            self.offset = offset
            self.size = size
        }
    }

    /// The archive's file.
    public var archivePath: String
    /// The pieces.
    public var parts: [Part]
    /// Accepted.
    public var sessionId: String?

    /// Makes a request.
    public init(archivePath: String, parts: [Part], sessionId: String? = nil) {
        self.archivePath = archivePath
        self.parts = parts
        self.sessionId = sessionId
    }

    /// Numbers only.
    public var description: String { "BackupUploadRequest(parts: \(parts.map(\.partNumber)))" }

    /// The same as ``description``.
    public var customMirror: Mirror { Mirror(self, children: ["request": description]) }
}

/// Answer of `POST /api/backup/upload-parts`.
public struct BackupUploadAnswer: Codable, Sendable {
    /// A piece that has arrived.
    public struct Part: Codable, Sendable {
        /// The piece's number.
        public var partNumber: Int
        /// What the store calls it.
        public var etag: String

        /// Makes a part.
        public init(partNumber: Int, etag: String) {
            self.partNumber = partNumber
            self.etag = etag
        }
    }

    /// Always true.
    public var success = true
    /// The pieces, as ordered.
    public var parts: [Part]

    /// Makes an answer.
    public init(parts: [Part]) { self.parts = parts }
}
