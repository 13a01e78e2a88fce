import Primitives
import Testing

@testable import RemoteBackends

@Suite("Locations of repositories")
struct BackendLocationTests {
    private static func web(_ host: String, _ port: Int? = nil, _ path: String = "/", isSecure: Bool = true)
        -> WebAddress
    {
        WebAddress(isSecure: isSecure, host: host, port: port, path: path)
    }

    static let understood: [(String, BackendLocation)] = [
        ("/srv/backup", .local("/srv/backup")),
        ("backup", .local("backup")),
        ("../up", .local("../up")),
        (".", .local(".")),
        ("./a:b", .local("./a:b")),
        ("/srv/12:30", .local("/srv/12:30")),
        ("days/mon:day", .local("days/mon:day")),
        ("local:a:b", .local("a:b")),
        ("local:s3:x", .local("s3:x")),
        ("./s3//host", .local("./s3//host")),
        ("s3data", .local("s3data")),
        ("/", .local("/")),
        ("ä:b", .local("ä:b")),
        (
            "s3:https://host:9000/bucket/a/b/",
            .s3(S3Location(endpoint: web("host", 9000), bucket: "bucket", prefix: "a/b"))
        ),
        ("s3:http://[::1]:80/b", .s3(S3Location(endpoint: web("[::1]", 80, isSecure: false), bucket: "b", prefix: ""))),
        ("s3:host/bucket//x%20y", .s3(S3Location(endpoint: web("host"), bucket: "bucket", prefix: "x y"))),
        ("rest:https://Host", .rest(RESTLocation(address: web("host")))),
        ("rest:https://host/a/b", .rest(RESTLocation(address: web("host", nil, "/a/b/")))),
        ("rest:http://host:8000/", .rest(RESTLocation(address: web("host", 8000, isSecure: false)))),
        ("rest:https://host/ü b/%2f/", .rest(RESTLocation(address: web("host", nil, "/%C3%BC%20b/%2f/")))),
        (
            "rest:http+unix:///run/rest.socket:/name/",
            .rest(RESTLocation(address: web("localhost", nil, "/name/", isSecure: false), socket: "/run/rest.socket"))
        ),
        (
            "rest:http+unix:///run/rest.socket",
            .rest(RESTLocation(address: web("localhost", isSecure: false), socket: "/run/rest.socket"))
        ),
        ("rclone:drive:backups/db", .rclone("drive:backups/db")),
        ("rclone::s3,provider=Minio:bucket", .rclone(":s3,provider=Minio:bucket")),
        ("rclone:/tmp/folder", .rclone("/tmp/folder")),
        ("rclone:drive:", .rclone("drive:")),
        ("sftp:host:/srv/a", .sftp(SFTPLocation(user: nil, host: "host", path: "/srv/a"))),
        ("sftp:me@host:a:b", .sftp(SFTPLocation(user: "me", host: "host", path: "a:b"))),
        ("sftp:me@corp@host:/a", .sftp(SFTPLocation(user: "me@corp", host: "host", path: "/a"))),
        ("sftp:[::1]:/a", .sftp(SFTPLocation(user: nil, host: "::1", path: "/a"))),
        ("sftp://me@host:2222//srv/a", .sftp(SFTPLocation(user: "me", host: "host", port: 2222, path: "/srv/a"))),
        ("sftp://host/home/a", .sftp(SFTPLocation(user: nil, host: "host", path: "home/a"))),
        ("sftp://[::1]:22//a", .sftp(SFTPLocation(user: nil, host: "::1", port: 22, path: "/a"))),
    ]

    @Test("every form that is understood", arguments: understood)
    func understoodForms(text: String, location: BackendLocation) throws {
        #expect(try BackendLocation(parsing: text) == location)
    }

    @Test("what is shown means the same place", arguments: understood.filter { !$0.0.contains(",") })
    func shown(text: String, location: BackendLocation) throws {
        if case .local(let path) = location {
            #expect(location.shown == path)
        } else {
            #expect(try BackendLocation(parsing: location.shown) == location)
        }
    }

    /// A text, and a word of the advice or problem that belongs to it.
    static let refused: [(String, String)] = [
        ("", "empty"),
        ("a\nb", "control character"),
        ("local:", "local:PATH"),
        ("S3:https://host/b", "s3: in small letters"),
        ("REST:http://host", "rest: in small letters"),
        ("http://host/a", "rest: or s3:"),
        ("https://host/a", "rest: or s3:"),
        ("file:///srv/a", "path of the folder alone"),
        ("s3//host/b", "s3:https://HOST"),
        ("rest//host/b", "rest:https://HOST"),
        ("rlcone:drive:a", "did you mean rclone:"),
        ("rclon:drive:a", "did you mean rclone:"),
        ("stfp:host:/a", "did you mean sftp:"),
        ("b2:bucket", "rclone:REMOTE:PATH"),
        ("onedrive:a", "rclone:REMOTE:PATH"),
        ("host:/srv/a", "sftp:USER@HOST:/PATH"),
        ("me@host:/srv/a", "sftp:USER@HOST:/PATH"),
        ("C:folder", "./C:…"),
        ("s3:", "s3:https://HOST"),
        ("s3://bucket/prefix", "AWS"),
        ("s3:https://host", "no bucket"),
        ("s3:https://host/", "no bucket"),
        ("s3:ftp://host/b", "neither https:// nor http://"),
        ("s3:https://host:0/b", "1 to 65535"),
        ("s3:https://host:70000/b", "1 to 65535"),
        ("s3:https://host/b?x=1", "%3F"),
        ("s3:https://host/../b", ".."),
        ("rest:", "rest:https://HOST"),
        ("rest:host:8000/a", "neither https:// nor http://"),
        ("rest:https://", "names no host"),
        ("rest:https://:8000/", "names no host"),
        ("rest:https://ho st/", "character that no host has"),
        ("rest:https://a:b:8000/", "character that no host has"),
        ("rest:https://host/a#b", "%23"),
        ("rest:http+unix://socket", "not absolute"),
        ("rclone:", "names no remote"),
        ("rclone::", "names no remote"),
        ("rclone:--config=/x", "dash"),
        ("rclone:drive", "rclone:drive:PATH"),
        ("sftp:", "sftp:USER@HOST:/PATH"),
        ("sftp:host", "no colon"),
        ("sftp:host:", "names no folder"),
        ("sftp::/a", "names no host"),
        ("sftp:-oProxyCommand=x:/a", "dash"),
        ("sftp:-l@host:/a", "dash"),
        ("sftp:@host:/a", "user is empty"),
        ("sftp://host:x/a", "1 to 65535"),
    ]

    @Test("what makes no sense is refused with advice", arguments: refused)
    func refusedForms(text: String, word: String) throws {
        let error = #expect(throws: VarveError.self) { try BackendLocation(parsing: text) }
        #expect(error?.kind == .usage)
        #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
    }

    @Test("user and password are read, and shown nowhere")
    func credentials() throws {
        let location = try BackendLocation(parsing: "rest:https://me:p%40ss:w@rd@host:8000/a/")
        guard case .rest(let rest) = location else { throw VarveError(.usage, "no REST location") }
        #expect(rest.address.credentials == WebCredentials(user: "me", password: "p@ss:w@rd"))
        #expect(location.shown == "rest:https://host:8000/a/")
        #expect(rest.address.credentials?.basicAuthorization == "Basic bWU6cEBzczp3QHJk")
    }

    @Test(
        "no error repeats a password",
        arguments: [
            "rest:https://me:hidden@ho st/", "rest:https://me:hid%zzhidden@host/", "rest:me:hidden@host",
            "REST:https://me:hidden@host/", "https://me:hidden@host/", "s3:https://me:hidden@host/bucket",
            "rest:https://me:hidden@host:99999/", "rest:https://me:hidden@host/?", "sftp:me:hidden@host:/a",
            "sftp://me:hidden@host/a", "rets:https://me:hidden@host/", "rest//me:hidden@host/",
        ])
    func quietErrors(text: String) throws {
        let error = #expect(throws: VarveError.self) { try BackendLocation(parsing: text) }
        #expect(error?.description.contains("hidden") == false, "\(error?.description ?? "")")
    }

    @Test("parameters of a remote of rclone are not shown")
    func remoteParameters() throws {
        #expect(
            try BackendLocation(parsing: "rclone::sftp,host=h,pass=hidden:a/b").shown == "rclone::sftp,…:a/b")
        #expect(try BackendLocation(parsing: "rclone:drive:a,b").shown == "rclone:drive:a,b")
    }

    @Test("Base64 is that of RFC 4648")
    func base64() {
        for (text, code) in [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            #expect(Base64.encode(Array(text.utf8)) == code)
        }
        #expect(Base64.encode([0xFB, 0xFF, 0xFE]) == "+//+")
    }

    @Test("a folder is opened as one")
    func local() throws {
        #expect(try BackendLocation.backend("local:/srv/../srv/a:b").location == "/srv/a:b")
    }
}
