import Packing
import Primitives
import Threads

/// The packs that are open for writing: one of each type, and a second one once the first has grown.
///
/// A worker takes a pack, appends a segment and brings it back; which of two it takes is random, so that the order of segments in a
/// stream does not show (`format-spec/pack.md`).
final class PackShelf: Sendable {
    private struct Row {
        var idle: [OpenPack] = []
        var taken = 0
        /// Whether one of the open packs holds enough for a second one.
        var hasGrown = false
    }

    private let rows = Monitored<[ObjectType: Row]>([:])
    private let random: any RandomBytes

    init(random: any RandomBytes) { self.random = random }

    /// Takes an open pack, waiting until one is free; `nil` where the caller should open a new one.
    func take(_ type: ObjectType) -> OpenPack? {
        let coin = random.bytes(1)[0] & 1 == 1
        return rows.wait { rows -> Transfer<OpenPack?>? in
            var row = rows[type] ?? Row()
            let open = row.idle.count + row.taken
            let pack: OpenPack?
            if open == 0 || (open == 1 && row.hasGrown && (coin || row.idle.isEmpty)) {
                pack = nil
            } else if !row.idle.isEmpty {
                pack = row.idle.remove(at: coin ? row.idle.count - 1 : 0)
            } else {
                return nil
            }
            row.taken += 1
            rows[type] = row
            return Transfer(pack)
        }.value
    }

    /// Brings a pack back that goes on.
    func putBack(_ pack: sending OpenPack) {
        let type = pack.type
        let hasGrown = pack.assembler.nextOffset >= PackLimits.secondPackThreshold
        let pack = Transfer(pack)
        rows.change { rows in
            rows[type, default: Row()].idle.append(pack.value)
            rows[type, default: Row()].taken -= 1
            if hasGrown { rows[type, default: Row()].hasGrown = true }
        }
    }

    /// Says that a taken pack does not come back: it is complete, or it failed.
    func close(_ type: ObjectType) {
        rows.change { rows in
            rows[type, default: Row()].taken -= 1
            rows[type, default: Row()].hasGrown = false
        }
    }

    /// Takes all packs, once no worker holds one.
    func takeAll() -> [OpenPack] {
        rows.change { rows in
            let packs = rows.values.flatMap(\.idle)
            rows = [:]
            return Transfer(packs)
        }.value
    }
}
