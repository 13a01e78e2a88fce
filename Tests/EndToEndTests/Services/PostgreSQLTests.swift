import Testing

/// Dumps of a real server, as they are made every night.
@Suite(.enabled(if: Installation.hasPostgreSQL, "needs a PostgreSQL server: ./tools/install-dependencies test"))
struct PostgreSQLTests {
    @Test func dumpsOfTwoDaysComeBack() throws {
        let box = try Sandbox()
        let server = try PostgreSQLServer(in: box)
        defer { server.stop() }
        try server.shell("\(Installation.tool("make-database")) --scale 20 --database shop")
        try server.shell("$dump shop > before.sql")
        let before = try Files.read(box.path("before.sql"))
        #expect(before.count > 10 << 20)

        // From a pipe.
        try server.shell("$dump shop | \"$VARVE\" backup --json --stdin shop.sql > first.json")
        let first = try summary("first.json", box)
        // As a command: the same bytes, nothing new.
        try server.shell("\"$VARVE\" backup --json --stream shop.sql=\"$dump shop\" > same.json")
        let same = try summary("same.json", box)
        #expect(same.number("bytes") == first.number("bytes"))
        #expect(same.number("bytes_new") == 0)

        try server.shell("\(Installation.tool("change-database")) --percent 1 --day 1 --database shop")
        try server.shell("$dump shop > after.sql; ! cmp -s before.sql after.sql")
        try server.shell("\"$VARVE\" backup --json --stream shop.sql=\"$dump shop\" > second.json")
        let second = try summary("second.json", box)
        let firstStored = try #require(first.number("bytes_stored"))
        let stored = try #require(second.number("bytes_stored"))
        #expect(stored < firstStored / 2, "\(stored) bytes are stored for the second day, \(firstStored) for the first")

        #expect(try box.dump("latest:shop.sql") == (try Files.read(box.path("after.sql"))))
        #expect(try box.dump("\(try #require(first.text("snapshot_id"))):shop.sql") == before)

        // Into a new database. A server that loads rows may place them otherwise: the lines are compared in order.
        try server.shell(
            """
            createdb restored
            "$VARVE" dump latest:shop.sql | psql -X -q -v ON_ERROR_STOP=1 -d restored > psql.log
            cmp <(LC_ALL=C sort after.sql) <($dump restored | LC_ALL=C sort)
            """)
        try box.checkAll()
    }

    /// The last object in a file of JSON lines.
    private func summary(_ name: String, _ box: Sandbox) throws -> JSONObject {
        let lines = try Files.text(box.path(name)).split(separator: "\n")
        return try JSONObject(String(try #require(lines.last)))
    }

    @Test func databasesAndRolesMakeOneSnapshotOrNone() throws {
        let box = try Sandbox(isEncrypted: false)
        let server = try PostgreSQLServer(in: box)
        defer { server.stop() }
        try server.shell(
            """
            createdb one; psql -X -q -d one -c 'CREATE TABLE t AS SELECT generate_series(1, 1000) AS n'
            "$VARVE" backup --quiet --stream one.sql="$dump one" --stream one.custom='pg_dump -Fc -Z0 one' \\
                --stream roles.sql='pg_dumpall --globals-only'
            createdb copy; "$VARVE" dump latest:one.custom | pg_restore --exit-on-error -d copy
            test "$(psql -X -A -t -d copy -c 'SELECT sum(n) FROM t')" = 500500
            """)
        #expect(String(decoding: try box.dump("latest:roles.sql"), as: UTF8.self).contains("CREATE ROLE postgres"))

        try server.shell(
            """
            status=0
            "$VARVE" backup --stream one.sql="$dump one" --stream lost.sql="$dump lost" 2> told || status=$?
            test $status = 1
            """)
        let told = try Files.text(box.path("told"))
        #expect(told.contains("stream lost.sql: ") && told.contains("database \"lost\" does not exist"))
        #expect(try box.snapshots().count == 1)
    }
}

/// A server of its own in a sandbox.
private struct PostgreSQLServer {
    private let box: Sandbox
    private let folder: String

    init(in box: Sandbox) throws {
        self.box = box
        folder = box.path("postgres")
        try box.shell("\(Installation.tool("postgres-scratch")) start \(folder) > /dev/null")
    }

    /// Runs a script as a client of the server, where `$dump` makes dumps that are the same for the same rows.
    func shell(_ script: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        try box.shell(
            """
            eval "$(\(Installation.tool("postgres-scratch")) env \(folder))"
            dump=pg_dump
            # A plain dump of a late PostgreSQL holds a random token, new in each, unless it is given one.
            if [[ $(pg_dump --help) == *--restrict-key* ]]; then dump+=' --restrict-key=test'; fi
            \(script)
            """, sourceLocation: sourceLocation)
    }

    func stop() { _ = try? box.shell("\(Installation.tool("postgres-scratch")) stop \(folder)") }
}
