import Primitives
import Snapshots
import TestSupport
import Testing

struct ForgetPlanTests {
    private let snapshots: [Snapshot]

    init() throws {
        snapshots = try [
            RetentionFixtures.snapshot("2026-11-18T01:00", streams: ["pg-2026-11-18.sql"]),
            RetentionFixtures.snapshot("2026-11-19T01:00", tags: ["keep"], streams: ["pg-2026-11-19.sql"]),
            RetentionFixtures.snapshot("2026-11-20T01:00", streams: ["pg-2026-11-20.sql"]),
            RetentionFixtures.snapshot("2020-01-01T01:00", paths: ["/etc"]),
        ]
    }

    private func plan(
        _ policy: String, by grouping: SnapshotGrouping = .standard, allowsEmptyGroup: Bool = false
    ) throws -> ForgetPlan {
        try ForgetPlan(
            snapshots, try RetentionFixtures.policy(policy), grouping: grouping,
            now: try RetentionFixtures.time("2026-11-20T02:00"), zone: .utc, allowsEmptyGroup: allowsEmptyGroup)
    }

    @Test func eachGroupIsGoneOverAlone() throws {
        let plan = try plan("last=1")
        #expect(plan.groups.map(\.decisions.count) == [1, 3])
        #expect(plan.removed == Array(snapshots[..<2]))
        #expect(plan.keptCount == 2)
        // All in one group: the old folder goes.
        #expect(try self.plan("last=1", by: SnapshotGrouping(by: [])).removed.count == 3)
    }

    @Test func noPolicyEmptiesAGroupUnlessAllowed() throws {
        let error = failure { try plan("tag=keep") }
        #expect(error?.kind == .usage)
        #expect(error?.problem.contains("host host, paths /etc") == true, "\(error?.problem ?? "")")
        #expect(error?.advice.contains("--allow-empty-group") == true)
        #expect(try plan("tag=keep", allowsEmptyGroup: true).removed.count == 3)
        #expect(try plan("tag=keep last=1").removed == [snapshots[0]])
    }

    @Test(arguments: [false, true])
    func aPolicyThatKeepsNothingIsRefused(allowsEmptyGroup: Bool) throws {
        let error = failure { try plan("last=0 within=0d", allowsEmptyGroup: allowsEmptyGroup) }
        #expect(error?.kind == .usage)
        #expect(error?.problem.contains("keeps nothing") == true)
    }

    @Test func tagsThatNobodyHasAreRefused() throws {
        try ForgetPlan.checkTags(["keep"], among: snapshots)
        let error = failure { try ForgetPlan.checkTags(["keep", "kep"], among: snapshots) }
        #expect(error?.kind == .usage)
        #expect(error?.problem.contains("\"kep\"") == true)
        #expect(error?.advice.contains("keep") == true)
        // In a new repository there is nothing to protect yet.
        try ForgetPlan.checkTags(["kep"], among: [])
    }

    @Test func namedSnapshotsGoWhateverIsLeft() {
        let plan = ForgetPlan(removing: snapshots)
        #expect(plan.removed == snapshots)
        #expect(plan.keptCount == 0)
    }
}
