import Primitives
import SeededData

/// What a process of a round does.
enum Task {
    case backup, dump, restore, check, forget, prune, tag, repair, rotateKey
    /// These need a second place.
    case backupToBoth, sync, heal

    /// About how many operations it takes.
    var length: Int {
        switch self {
        case .backup: 50
        case .backupToBoth, .sync: 80
        case .heal: 60
        case .prune: 150
        case .dump, .restore, .check, .forget, .tag, .repair: 30
        case .rotateKey: 5
        }
    }

    static func draw(_ world: SimulatedWorld) -> Task {
        if world.places.count > 1, world.random.next() % 3 == 0 {
            switch world.random.next() % 8 {
            case 0: return .backupToBoth
            case 1: return .heal
            default: return .sync
            }
        }
        switch world.random.next() % 32 {
        case 0..<2: return .dump
        case 2..<3: return .restore
        case 3..<5: return .check
        case 5..<7: return .forget
        case 7..<9: return .tag
        case 9..<11: return .repair
        case 11: return .rotateKey
        case 12..<20: return .prune
        default: return .backup
        }
    }

    func run(_ process: SimulatedProcess, _ content: BackupContent) throws(VarveError) {
        switch self {
        case .backup: process.backUp(content)
        case .dump: process.dumpSome()
        case .restore: process.restoreSome()
        case .check: process.check()
        case .forget: process.forget()
        case .prune: process.pruneSomehow()
        case .tag: process.tag()
        case .repair: process.repairSomething()
        case .rotateKey: process.rotateKey()
        case .backupToBoth, .sync, .heal: try runAtBoth(process, content)
        }
    }

    private func runAtBoth(_ process: SimulatedProcess, _ content: BackupContent) throws(VarveError) {
        let world = process.world
        guard let place = world.place(besides: process.place) else { return }
        let other = try world.open(place, in: process, FaultPlan(length: length, random: &world.random))
        switch self {
        case .backupToBoth: process.backUp(content, also: other)
        case .heal: process.heal(from: other)
        default: process.syncSomehow(to: other)
        }
    }
}
