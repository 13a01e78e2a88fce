import Glibc
import TestServers
import Testing

/// The story of docs/disaster-recovery.md: a local disk that keeps 7 days, S3 that keeps 30, and another site that keeps 52 weeks.
@Suite struct DisasterTests {
    private let box: Sandbox
    private let local: Argument
    private let s3: RemotePlace
    private let offsite: RemotePlace

    private var near: Argument { Argument(s3.location) }
    private var far: Argument { Argument(offsite.location) }

    /// How many days before the last night each night was, the first first: the older, the sparser, to spare time.
    private static let nights: [Int] = {
        let weeks = Installation.wantsLargeTests ? 56 : 9
        let weekly = Array(stride(from: weeks * 7, to: 31, by: -7))
        return weekly + Array(stride(from: 30, to: 8, by: -3)) + (0...7).reversed()
    }()

    init() throws {
        box = try Sandbox("--pack-size", "1M")
        // Which snapshots a flipped bit hurts depends on what is a base of what.
        box.environment["VARVE_DELTA"] = "off"
        local = Argument(box.repository)
        s3 = try RemoteKind.s3.place()
        offsite = try RemoteKind.sftp.place()
        for place in [s3, offsite] {
            box.use(place)
            try box.succeed(
                "init", "-q", "-r", Argument(place.location), "--copy-parameters-from", local, "--pack-size", "1M")
        }
    }

    @Test func threeTiersOutliveALostDiskAndFlippedBits() throws {
        try liveThroughTheNights()
        try expectRetention()
        try expectThreeCopies(box, local)

        // The disk dies.
        let wanted = content(DisasterTests.nights[DisasterTests.nights.count - 1])
        try box.shell("rm -rf '\(box.repository)'")
        let host = try restoreOnANewHost(wanted)
        let disk = try makeNewLocalTier(host)
        try healFlippedBits(host, disk, wanted)
        try expectThreeCopies(host, disk)
        for box in [box, host] { try box.expectDiscretion() }
    }

    // MARK: Many nights

    /// What the database gives that night: mostly as in other nights.
    private func content(_ night: Int) -> [UInt8] {
        Sample.lines(12_000) + Array("the night \(night)\n".utf8) + Sample.random(100_000, seed: UInt64(1000 + night))
    }

    private func time(_ night: Int) -> String {
        var seconds = Glibc.time(nil) - (night + 1) * 86_400
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let date = [Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday)]
        return date.map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: "-") + " 01:05"
    }

    private func liveThroughTheNights() throws {
        let nights = DisasterTests.nights
        for (number, night) in nights.enumerated() {
            let isLast = number == nights.count - 1
            // The last nights all three at once, the others by a sync after some.
            let also: [Argument] = number > nights.count - 3 ? ["--also", near, "--also", far] : []
            try box.succeed(
                arguments: ["backup", "-q", "--time", Argument(time(night)), "--stdin", "app.sql"] + also,
                input: .bytes(content(night)))
            guard number % 9 == 8 || isLast else { continue }
            try box.succeed("sync", "-q", "--to", near, "--to", far)
            try box.succeed("forget", "-q", "--keep-within", "7d", "--prune")
            try box.succeed("-r", near, "forget", "-q", "--keep-within-daily", "30d", "--prune")
            try box.succeed("-r", far, "forget", "-q", "--keep-weekly", "52", "--prune")
        }
    }

    /// The nights whose snapshots are there.
    private func nights(at place: Argument) throws -> [Int] {
        let known = Dictionary(uniqueKeysWithValues: DisasterTests.nights.map { (time($0).prefix(10), $0) })
        return try box.succeed("-r", place, "snapshots", "--json").objects().map { snapshot in
            try #require(snapshot.text("time").flatMap { known[$0.prefix(10)] })
        }
    }

    private func expectRetention() throws {
        let all = DisasterTests.nights
        #expect(try nights(at: local) == all.filter { $0 < 7 })
        #expect(try nights(at: near) == all.filter { $0 < 30 })
        // The last of each week from Monday to Sunday; and the oldest, as long as there are less than 52.
        let yesterday = Glibc.time(nil) / 86_400 - 1
        func week(_ night: Int) -> Int { (yesterday - night + 3) / 7 }
        let weekly = all.filter { night in !all.contains { $0 < night && week($0) == week(night) } }.suffix(52)
        let oldest = weekly.count < 52 && weekly.first != all[0] ? [all[0]] : []
        #expect(try nights(at: far) == oldest + weekly)
        for place in [local, near, far] { try box.succeed("-r", place, "check", "-q", "--read-data") }
    }

    /// The last night is whole at all three.
    private func expectThreeCopies(_ box: Sandbox, _ local: Argument) throws {
        let table = try box.succeed("-r", local, "sync", "--status", "--to", near, "--to", far, "--json").objects()
        let last = try #require(table.last { $0.type == "snapshot" })
        #expect(last.number("places_whole") == 3)
        let text = try box.succeed("-r", local, "sync", "--status", "--to", near, "--to", far).text
        #expect(text.contains(last.text("time")?.prefix(10) ?? "?"))
    }

    // MARK: The bad day

    /// Another home, no cache, nothing but the password and the way to the site.
    private func restoreOnANewHost(_ wanted: [UInt8]) throws -> Sandbox {
        let host = try Sandbox(isInitialized: false)
        host.use(offsite)
        host.secrets.append(box.password)
        host.environment["VARVE_PASSWORD"] = box.password
        try host.succeed("-r", far, "restore", "latest", "--target", Argument(host.path("restored")), "-q", "--verify")
        #expect(try Files.read(host.path("restored/app.sql")) == wanted)
        let oldest = try #require(
            try host.succeed("-r", far, "snapshots", "--json").objects().first?.text("id"))
        let first = try #require(try nights(at: far).first)
        #expect(try host.succeed("-r", far, "dump", Argument("\(oldest):app.sql")).output == content(first))
        return host
    }

    private func makeNewLocalTier(_ host: Sandbox) throws -> Argument {
        let disk = Argument(host.repository)
        host.use(s3)
        try host.succeed("init", "-q", "--copy-parameters-from", far, "--pack-size", "1M")
        let copied = try host.succeed("sync", "--from", near, "--keep-within", "7d", "--json").object("summary")
        #expect(copied.number("snapshots_copied") == DisasterTests.nights.count { $0 < 7 })
        #expect(copied.isTrue("same_family") && copied.number("segments_sealed_anew") != nil)
        // And one that only the other site has.
        let oldest = try #require(try host.succeed("-r", far, "snapshots", "--json").objects().first?.text("id"))
        try host.succeed("sync", "-q", "--from", far, Argument(oldest))
        try host.checkAll()
        return disk
    }

    private func healFlippedBits(_ host: Sandbox, _ disk: Argument, _ wanted: [UInt8]) throws {
        for pack in host.packs {
            var bytes = try Files.read(pack.path)
            // In every segment: some hold what only the other site has.
            for place in stride(from: 200, to: bytes.count, by: 2048) { bytes[place] ^= 0x10 }
            chmod(pack.path, 0o600)
            try Files.write(bytes, to: pack.path)
        }
        let found = try host.run(arguments: ["check", "--read-data", "--json"])
        found.expect(13, sourceLocation: #_sourceLocation)
        #expect(try found.object("summary").isTrue("ok") == false)
        let healed = try host.run(arguments: ["repair", "--from", near, "--json"])
        healed.expect(13, sourceLocation: #_sourceLocation)
        #expect(try healed.object("summary").number("snapshots_not_whole") == 1)
        // What only the other site has comes from there.
        try host.succeed("repair", "-q", "--from", far)
        try host.succeed("check", "-q")
        try host.succeed("prune", "-q")
        try host.checkAll()
        #expect(try host.dump("latest:app.sql") == wanted)
    }
}
