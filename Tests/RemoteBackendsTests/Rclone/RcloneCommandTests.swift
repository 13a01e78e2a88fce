import FileIO
import Testing

@testable import RemoteBackends

@Suite("How rclone is called")
struct RcloneCommandTests {
    @Test("no secret stands in the arguments, and the remote cannot be an option")
    func words() {
        let command = RcloneCommand(program: "/bin/rclone", remote: "drive:a b", furtherArguments: ["--fast-list"])
        let password = WebCredentials(user: "varve", password: "hidden")
        #expect(
            command.serving(at: .socket("/tmp/x/socket")) == [
                "/bin/rclone", "serve", "restic", "--addr", "unix:///tmp/x/socket", "--cache-objects=false",
                "--b2-hard-delete", "--drive-use-trash=false", "--fast-list", "--", "drive:a b",
            ])
        let words = command.serving(at: .port(8000, password))
        #expect(words.contains("127.0.0.1:8000") && !words.contains { $0.contains("hidden") })
        let variables = RcloneAddress.port(8000, password).variables
        #expect(variables.contains { $0.name == "RCLONE_PASS" && $0.value == "hidden" })
    }

    @Test("the kind of a remote is known from its place or its name")
    func kinds() {
        #expect(RcloneCommand.kindInPlace("/srv/a") == "local")
        #expect(RcloneCommand.kindInPlace("./a:b") == "local")
        #expect(RcloneCommand.kindInPlace(":s3,provider=Minio:bucket") == "s3")
        #expect(RcloneCommand.kindInPlace(":memory:") == "memory")
        #expect(RcloneCommand.kindInPlace("drive:a") == nil)
        #expect(RcloneCommand.remoteName("drive,shared=true:a") == "drive")
        #expect(RcloneCommand.remoteName("drive:a:b") == "drive")
        let listing = "one:      onedrive\ndrive:    google cloud storage\ndrive2:   drive\n"
        #expect(RcloneCommand.kind(of: "one", in: listing) == "onedrive")
        #expect(RcloneCommand.kind(of: "drive2", in: listing) == "drive")
        #expect(RcloneCommand.kind(of: "two", in: listing) == nil)
    }

    @Test("only kinds that are known to show at once what was written have no delay")
    func delays() {
        for kind in ["local", "s3", "sftp", "webdav", "b2"] {
            #expect(RcloneCommand.visibilityDelay(ofKind: kind) == 0)
        }
        for kind in ["drive", "onedrive", "crypt", "new one", nil] {
            #expect(RcloneCommand.visibilityDelay(ofKind: kind) > 0)
        }
    }
}
