import SandboxAPI
import Testing

@testable import SandboxServer

/// What goes to the session's shell is no address with a password, however it is spelled.
@Suite struct GitURLTests {
    private func url(_ text: String) throws -> GitURL { try GitURL(SecretBytes(Array(text.utf8))) }

    @Test(arguments: [
        "https:/user:s3cret@host/x.git", "https:\\\\user:s3cret@host/x.git", "HTTP:/user:s3cret@host/x",
        "http:user:s3cret@h/x",
        "https:/\\user:s3cret@host/x", "https:///user:s3cret@host/x", "https:////user:s3cret@host/x",
        "ssh:///u:s3cret@h/x",
        "https:/user:s3cret@host/a://b", "ssh://user:s3cret@host/x", "ssh://user%3As3cret@host/x",
        "ssh:/user:s3cret@host/x",
        "SSH://us@er:s3cret@host/x", "ftp://u:s3cret@h/x", "git+https://u:s3cret@h/x", "file://u:s3cret@h/x",
        "//user:s3cret@host/x", "\\\\user:s3cret@host\\x", "./https://u:s3cret@h/x", "/https:/u:s3cret@h/x",
        "user:s3cret@host:path", "user:s3cret@host/x", "us@er:s3cret@host:path", " https://u:s3cret@h/x",
        "\u{A0}https://u:s3cret@h/x", "\u{FEFF}https://u:s3cret@h/x", "url:https://u:s3cret@h/x",
        "https://u:1/s3cret@h/x", "https://u:p/s3cret@h/x",
    ])
    func `an address that may hold a password in a place of its own is refused without being repeated`(
        _ text: String
    ) throws {
        let error = #expect(throws: APIError.self) { try url(text) }
        let body = try #require(error?.body)
        #expect(body.code == "INVALID_GIT_URL" && !"\(body)".contains("s3cret"))
    }

    @Test(arguments: [
        "git@host:group/x.git", "git@host:@scope/x", "host:x", "ssh://git@host:22/x", "ssh://host/a@b:c",
        "file:///srv/x", "/srv/x",
        "/srv/a:b@c", "../x", "x", "git://host/x", "https://host:8443/x", "https://host/@scope/x", "HTTPS://host/x",
    ])
    func `an address without a password stays as it is`(_ text: String) throws {
        let plain = try url(text)
        #expect(plain.address == text && plain.credentials == nil)
    }

    @Test(arguments: ["https://us%20er:s3cret@host/x", "HTTPS://us%20er:s3cret@host/x"])
    func `credentials of http are taken out`(_ text: String) throws {
        let plain = try url(text)
        #expect(plain.credentials != nil && plain.address == text.prefix(8) + "host/x")
    }
}
