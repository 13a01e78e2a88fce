import Backends
import Primitives
import Repositories
import SeededData
import Snapshots
import TestSupport
import Testing
import Threads

@testable import Tiers

/// A sync that is cut off at every operation of a backend.
struct SyncCutTests {
    /// From the n-th operation on nothing is done any more.
    private typealias Rule = @Sendable (FaultyBackend.Operation, Int) -> FaultyBackend.Fault

    private func cut(at number: Int, afterwards: Bool) -> Rule {
        { _, operation in
            if operation < number { return .none }
            return operation == number && afterwards ? .failAfterwards : .fail
        }
    }

    private func source() throws -> Place {
        var random = SeededRandom(seed: 11)
        let source = try Place.make(isEncrypted: false)
        let bytes = random.text(500_000)
        try source.backUp("db", bytes)
        try source.backUp("db", random.edit(bytes))
        return source
    }

    @Test(arguments: [false, true]) func theDestinationStaysValid(_ afterwards: Bool) throws {
        let source = try source()
        let empty = try source.makeTier()
        let wanted = try contents(of: source)
        var number = 0
        while true {
            let destination = try empty.copy()
            let far = FaultyBackend(destination.backend)
            let test = try destination.test(far)
            far.setRule(cut(at: number, afterwards: afterwards))
            let run = SyncRun(
                from: try source.test().repository, to: test.repository, SyncRequest(), width: 2,
                cancellation: Cancellation())
            let error = failure { try run.run() }
            far.setRule { _, _ in .none }
            // Whatever is there is whole.
            try #expect(destination.damage() == [], "cut at \(number)")
            for (origin, bytes) in try contents(of: destination) {
                #expect(wanted[origin] == bytes, "cut at \(number)")
            }
            let report = try sync(source, destination)
            #expect(report.copies.count + report.selection.present.count == 2, "cut at \(number)")
            try #expect(contents(of: destination) == wanted, "cut at \(number)")
            try #expect(destination.damage() == [], "cut at \(number)")
            // No pack is there twice.
            try #expect(destination.packs() == source.packs(), "cut at \(number)")
            if error == nil { break }
            number += 1
        }
        #expect(number > 15)
    }

    @Test func theSourceMayFailAtAnyOperation() throws {
        let source = try source()
        let empty = try source.makeTier()
        let wanted = try contents(of: source)
        var number = 0
        while true {
            let destination = try empty.copy()
            let near = FaultyBackend(source.backend)
            let test = try source.test(near)
            near.setRule(cut(at: number, afterwards: false))
            let run = SyncRun(
                from: test.repository, to: try destination.test().repository, SyncRequest(), width: 2,
                cancellation: Cancellation())
            let error = failure { try run.run() }
            near.setRule { _, _ in .none }
            for lock in try source.backend.list(.locks) { source.backend.delete(ObjectName(.locks, lock.id)) }
            try #expect(destination.damage() == [], "cut at \(number)")
            try sync(source, destination)
            try #expect(contents(of: destination) == wanted, "cut at \(number)")
            if error == nil { break }
            number += 1
        }
        #expect(number > 8)
    }

    @Test func aSingleFailureAnywhereEndsItAndLosesNothing() throws {
        let source = try source()
        let empty = try source.makeTier()
        let wanted = try contents(of: source)
        for number in 0..<40 {
            let destination = try empty.copy()
            let far = FaultyBackend(destination.backend)
            let test = try destination.test(far)
            far.setRule { _, operation in operation == number ? .fail : .none }
            let run = SyncRun(
                from: try source.test().repository, to: test.repository, SyncRequest(), width: 2,
                cancellation: Cancellation())
            failure { try run.run() }
            far.setRule { _, _ in .none }
            try #expect(destination.damage() == [], "failed at \(number)")
            try sync(source, destination)
            try #expect(contents(of: destination) == wanted, "failed at \(number)")
        }
    }

    @Test func betweenOtherKeysItGoesOnToo() throws {
        let source = try source()
        let empty = try Place.make(isEncrypted: false, bits: 14)
        let wanted = try contents(of: source)
        var number = 0
        while true {
            let destination = try empty.copy()
            let far = FaultyBackend(destination.backend)
            let test = try destination.test(far)
            far.setRule(cut(at: number, afterwards: true))
            let run = SyncRun(
                from: try source.test().repository, to: test.repository, SyncRequest(), width: 2,
                cancellation: Cancellation())
            let error = failure { try run.run() }
            far.setRule { _, _ in .none }
            try #expect(destination.damage() == [], "cut at \(number)")
            try sync(source, destination)
            try #expect(contents(of: destination) == wanted, "cut at \(number)")
            if error == nil { break }
            number += 3
        }
    }
}
