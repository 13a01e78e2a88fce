import Glibc
import Testing

/// Several tiers of one repository: copied, healed from each other, each with its own retention.
@Suite struct TierTests {
    /// Makes a second tier of the sandbox's repository.
    private func makeTier(_ box: Sandbox, _ name: String = "offsite", _ options: Argument...) throws -> Argument {
        let tier = Argument(box.path(name))
        let arguments: [Argument] = [
            "-r", tier, "init", "-q", "--copy-parameters-from", Argument(box.repository),
        ]
        try box.succeed(arguments: arguments + options)
        return tier
    }

    private func backUp(_ box: Sandbox, _ number: Int) throws {
        try box.succeed("backup", "-q", "--stream", "db=seq \(number * 1000) \(number * 1000 + 60000)")
    }

    /// Writes over the middle of each pack.
    private func damage(_ box: Sandbox) throws {
        for pack in box.packs {
            try box.shell("printf 'XXXX' | dd of=\(pack.path) bs=1 seek=3000 conv=notrunc status=none")
        }
    }

    @Test func eachTierKeepsItsOwnRetention() throws {
        let box = try Sandbox()
        // It counts packs, which hold less where deltas are kept.
        box.environment["VARVE_DELTA"] = "off"
        let tier = try makeTier(box)
        for number in 1...3 { try backUp(box, number) }
        let first = try box.succeed("sync", "--to", tier, "--json").object("summary")
        #expect(first.number("snapshots_copied") == 3 && first.isTrue("same_family"))
        #expect(first.number("packs_copied") == box.packs.count && first.number("packs_written") == 0)

        // Here the last is kept, there all three; nothing comes back, and nothing goes there again.
        try box.succeed("forget", "-q", "--keep-last", "1", "--prune")
        try backUp(box, 4)
        #expect(try box.succeed("sync", "--to", tier).text.contains("copied 1 snapshot to"))
        let there = try box.succeed("-r", tier, "snapshots", "--json").objects()
        let here = try box.snapshots()
        #expect(there.count == 4 && here.count == 2)
        #expect(there.last?.text("original") == here.last?.text("id"))
        try box.succeed("-r", tier, "forget", "-q", "--keep-last", "2", "--prune")
        let again = try box.succeed("sync", "--to", tier, "--json").object("summary")
        #expect(again.number("snapshots_copied") == 0 && again.number("snapshots_present") == 2)
        let back = try box.succeed("sync", "--from", tier, "--json").object("summary")
        #expect(back.number("snapshots_copied") == 0)
        for place in [Argument(box.repository), tier] {
            try box.succeed("-r", place, "check", "--read-data", "--quiet")
            #expect(try box.succeed("-r", place, "dump", "latest:db").lines.last == "64000")
        }
        #expect(try box.succeed("-r", tier, "list", "locks").lines == [])
    }

    @Test func aTierRestoresAloneWithItsOwnPassword() throws {
        let box = try Sandbox()
        let other = "another-\(box.password)"
        try Files.write(other, to: box.path("secret"))
        let tier = Argument(box.path("offsite"))
        try box.succeed(
            "-r", tier, "init", "-q", "--copy-parameters-from", Argument(box.repository),
            environment: ["VARVE_PASSWORD": other, "VARVE_FROM_PASSWORD": box.password])
        try backUp(box, 1)
        let refused = try box.fail(12, "sync", "--to", tier)
        #expect(refused.errors.contains("VARVE_TO_PASSWORD_FILE"))
        try box.succeed("sync", "--to", tier, "-q", "--to-password-file", Argument(box.path("secret")))
        try backUp(box, 2)
        try box.succeed("sync", "--to", tier, "-q", "--verify", environment: ["VARVE_TO_PASSWORD": other])
        let wanted = try box.dump("latest:db")
        try box.shell("rm -rf \(box.repository) \(box.folder)/cache")
        let alone = try box.succeed("-r", tier, "dump", "latest:db", environment: ["VARVE_PASSWORD": other])
        #expect(alone.output == wanted)
    }

    @Test func whatIsDamagedHereIsFetchedFromThere() throws {
        let box = try Sandbox()
        let tier = try makeTier(box)
        for number in 1...2 { try backUp(box, number) }
        try box.succeed("sync", "-q", "--to", tier)
        let wanted = try box.dump("latest:db")
        try damage(box)
        try box.fail(13, "check", "--read-data")
        #expect(try box.succeed("repair", "--from", tier, "--dry-run").text.contains("nothing was done"))
        let healed = try box.succeed("repair", "--from", tier, "--json").object("summary")
        #expect(healed.number("snapshots_not_whole") == 0 && (healed.number("packs_written") ?? 0) > 0)
        try box.succeed("check", "-q")
        #expect(try box.dump("latest:db") == wanted)
        try box.succeed("prune", "-q")
        try box.checkAll()

        // A check that heals: packs that are gone come back.
        try box.shell("rm $(find \(box.repository)/data -type f | head -1)")
        let outcome = try box.run(arguments: ["check", "--repair-from", tier])
        #expect(outcome.code == 0, "\(outcome.errors)")
        try box.checkAll()
        #expect(try box.dump("latest:db") == wanted)
    }

    @Test func theStatusSaysWhatIsWhere() throws {
        let box = try Sandbox()
        let tier = try makeTier(box)
        let third = try makeTier(box, "third")
        try backUp(box, 1)
        try box.succeed("sync", "-q", "--to", tier, "--to", third)
        try backUp(box, 2)
        let text = try box.succeed("sync", "--status", "--to", tier, "--to", third).text
        #expect(text.contains("1 snapshot whole at fewer than 2 places"))
        let rows = try box.succeed("sync", "--status", "--to", tier, "--to", third, "--json").objects()
        #expect(rows.filter { $0.text("message_type") == "snapshot" }.map { $0.number("places_whole") } == [3, 1])
        #expect(rows.last?.number("snapshots_at_too_few_places") == 1)
        try box.succeed("sync", "-q", "--to", third)
        #expect(
            try box.succeed("sync", "--status", "--to", tier, "--to", third).text.contains("2 places or more"))
    }

    @Test func otherKeysCostAndWork() throws {
        let box = try Sandbox()
        let other = Argument(box.path("other"))
        try box.succeed("-r", other, "init", "-q", "--chunk-size", "16K")
        try backUp(box, 1)
        let outcome = try box.succeed("sync", "--to", other)
        #expect(outcome.errors.contains("decrypted and stored anew"))
        #expect(try box.succeed("-r", other, "dump", "latest:db").output == box.dump("latest:db"))
        #expect(try box.succeed("sync", "--to", other).text.contains("copied 0 snapshots"))
        try box.fail(2, "repair", "--from", other)
    }

    @Test func nothingIsDecryptedUnasked() throws {
        let box = try Sandbox()
        let plain = Argument(box.path("plain"))
        try box.shell("env -u VARVE_PASSWORD $VARVE -r \(box.path("plain")) init -q --no-encryption")
        try backUp(box, 1)
        let refused = try box.fail(12, "sync", "--to", plain)
        #expect(refused.errors.contains("--allow-unencrypted"))
        try box.succeed("sync", "-q", "--to", plain, "--allow-unencrypted")
    }

    @Test func aSyncThatIsKilledGoesOn() throws {
        let box = try Sandbox(isEncrypted: false)
        let tier = Argument(box.path("offsite"))
        try box.succeed("-r", tier, "init", "-q", "--copy-parameters-from", Argument(box.repository))
        try box.succeed("backup", "-q", "--stream", "noise=head -c 200000000 /dev/urandom")
        for _ in 0..<4 {
            let process = try box.startVarve("sync", "-q", "--to", tier)
            let count = Files.below("\(box.path("offsite"))/data").count
            _ = Waiting.until(seconds: 60) {
                Files.below("\(box.path("offsite"))/data").count > count || process.poll()
            }
            process.send(SIGKILL)
            _ = try process.wait()
            try box.succeed("-r", tier, "check", "--read-data", "--quiet")
        }
        try box.succeed("sync", "-q", "--to", tier)
        #expect(Files.below("\(box.path("offsite"))/data").count == box.packs.count)
        try box.succeed("-r", tier, "check", "--read-data", "--quiet")
        #expect(try box.succeed("-r", tier, "dump", "latest:noise").output == box.dump("latest:noise"))
    }

    @Test func wrongUsageIsExplained() throws {
        let box = try Sandbox(isEncrypted: false)
        let cases: [(arguments: [Argument], code: Int32, part: String)] = [
            (["sync"], 2, "where to copy to"), (["sync", "--to", "a", "--from", "b"], 2, "--to and --from"),
            (["sync", "--to", Argument(box.repository)], 2, "one and the same"),
            (["sync", "--to", Argument(box.path("none"))], 10, "no repository"),
            (["repair", "tier"], 2, "--from"), (["check", "--repair-from", "x", "--keyless"], 2, "--keyless"),
            (["sync", "--to", "a", "--keep-last", "1", "latest"], 2, "policy"),
        ]
        for (arguments, code, part) in cases {
            let outcome = try box.run(arguments: arguments)
            #expect(outcome.code == code, "\(outcome.name): \(outcome.errors)")
            #expect(outcome.errors.contains(part), "\(outcome.name): \(outcome.errors)")
        }
    }
}
