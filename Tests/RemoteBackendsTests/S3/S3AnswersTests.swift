import Primitives
import Testing

@testable import RemoteBackends

@Suite("Answers of S3")
struct S3AnswersTests {
    private func page(_ text: String) throws -> S3ListingPage {
        try S3ListingPage(
            parsing: Array(
                "<ListBucketResult xmlns='http://s3.amazonaws.com/doc/2006-03-01/'>\(text)</ListBucketResult>".utf8))
    }

    private static func object(_ key: String, _ size: String = "5") -> String {
        "<Contents><Key>\(key)</Key><LastModified>2026-11-21T00:00:00.000Z</LastModified><Size>\(size)</Size></Contents>"
    }

    @Test("a page has objects and what asks for the next")
    func pages() throws {
        let last = try page(
            "<IsTruncated>false</IsTruncated>" + S3AnswersTests.object("p/data/1", "18446744073709551615"))
        #expect(last.objects == [.init(key: "p/data/1", size: .max)] && last.nextToken == nil)
        let first = try page(
            "<IsTruncated>true</IsTruncated><NextContinuationToken>a&lt;b</NextContinuationToken>"
                + S3AnswersTests.object("1") + S3AnswersTests.object("2"))
        #expect(first.objects.map(\.key) == ["1", "2"] && first.nextToken == "a<b")
        #expect(try page("").objects.isEmpty)
    }

    static let malformedPages = [
        "<IsTruncated>true</IsTruncated>", "<IsTruncated>true</IsTruncated><NextContinuationToken/>",
        object("1", "-1"), object("1", "x"), object("1", ""), object("1", "18446744073709551616"),
        "<Contents><Size>1</Size></Contents>", "<Contents><Key>1</Key></Contents>",
    ]

    @Test("a page that lacks something is refused", arguments: malformedPages)
    func malformed(text: String) { #expect(throws: MalformedXML.self) { try page(text) } }

    @Test("what is no page is refused")
    func foreign() {
        for text in ["<html><body>Login</body></html>", "<Error><Code>x</Code></Error>", "{}"] {
            #expect(throws: MalformedXML.self) { try S3ListingPage(parsing: Array(text.utf8)) }
        }
    }

    @Test("a listing that goes in circles is noticed")
    func circles() throws {
        func page(_ key: String?, next token: String?) throws -> S3ListingPage {
            try self.page(
                (key.map { S3AnswersTests.object($0) } ?? "")
                    + (token.map {
                        "<IsTruncated>true</IsTruncated><NextContinuationToken>\($0)</NextContinuationToken>"
                    } ?? ""))
        }
        var progress = S3ListingProgress()
        for number in 0..<2000 {
            let accepted = progress.accept(try page("\(number)", next: "\(number)"))
            #expect(accepted)
        }
        var repeatsToken = progress
        let (repeated, fresh) = (
            repeatsToken.accept(try page("new", next: "17")), progress.accept(try page("17", next: "new"))
        )
        #expect(!repeated && !fresh)

        var empty = S3ListingProgress()
        var accepted = 0
        while accepted < 5000, empty.accept(try page(nil, next: "\(accepted)")) { accepted += 1 }
        #expect(accepted == 200)
    }

    @Test("unfinished uploads are read, those without what they need are left out")
    func uploads() throws {
        let (uploads, hasMore) = try S3PendingUpload.parse(
            Array(
                """
                <ListMultipartUploadsResult><IsTruncated>true</IsTruncated>
                <Upload><Key>a</Key><UploadId>1</UploadId><Initiated>2026-11-20T01:02:03.000Z</Initiated></Upload>
                <Upload><Key>b</Key><UploadId>2</UploadId><Initiated>yesterday</Initiated></Upload>
                <Upload><Key>c</Key><UploadId/></Upload><Upload><UploadId>3</UploadId></Upload>
                </ListMultipartUploadsResult>
                """.utf8))
        #expect(uploads.map(\.key) == ["a", "b"] && hasMore)
        #expect(uploads.map(\.started) == [Timestamp(rfc3339: "2026-11-20T01:02:03Z"), nil])
        #expect(throws: MalformedXML.self) { try S3PendingUpload.parse(Array("<a/>".utf8)) }
    }
}
