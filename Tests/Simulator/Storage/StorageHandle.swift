import Backends
import FileIO
import Primitives

/// The storage of a place as one simulated process has it. At a crash of that process it dies: nothing gets through any more.
final class StorageHandle: Backend, @unchecked Sendable {
    // Unchecked: one thread runs at a time.
    private let world: SimulatedWorld
    private let place: SimulatedPlace
    private let life: ProcessLife
    private let isSecond: Bool
    private var plan: FaultPlan
    private let breach: Breach?
    private var count = 0
    /// Anchors that this process has put.
    private var ownLocks: [ObjectName: Int] = [:]
    /// What this process has put into `index/`.
    private var ownRecords: Set<ObjectName> = []
    /// What the process is shown for ever of `index/` and `data/`, where a breach wants it.
    private var oldView: OldView?

    /// - Parameter isSecond: whether the process is at work with another place already.
    init(
        _ world: SimulatedWorld, _ place: SimulatedPlace, _ life: ProcessLife, _ plan: FaultPlan, isSecond: Bool
    ) {
        self.world = world
        self.place = place
        self.life = life
        self.isSecond = isSecond
        self.plan = plan
        breach = world.breach
        if isSecond, breach == .showsOldIndexToSyncs { oldView = OldView() }
        concurrency = world.random.next() % 2 == 0 ? 1 : 4
    }

    var location: String { place.name }
    var temporaryFolder: BytePath? { nil }
    var visibilityDelay: Double { breach == .lagsBehind ? 0 : place.conditions.visibilityDelay }
    let concurrency: Int

    // MARK: One operation

    private var isDead: Bool { life.isOver }

    private func note(_ text: String, _ name: ObjectName? = nil) {
        let isElsewhere = place !== world.places[0]
        world.note(isElsewhere ? "\(text) at \(place.name)" : text, name, process: life.process)
    }

    private var deathError: VarveError { VarveError(.storage, "the process is dead") }

    private func failureError(_ text: String) -> VarveError {
        VarveError(.storage, "injected fault in \(text)", isRetryable: true)
    }

    /// Counts an operation; gives what happens to it. A pause is over then.
    private func begin(_ text: String, _ name: ObjectName?, isChange: Bool) throws(VarveError) -> FaultPlan.Fault {
        if isDead { throw deathError }
        count += 1
        let fault = plan.fault(of: count, isChange: isChange, random: &world.random)
        if fault != .none {
            world.count(fault.rawValue)
            note("\(fault.rawValue) at operation \(count), \(text)", name)
        }
        if fault == .pause {
            world.scheduler.pause(process: life.process, seconds: plan.pauseSeconds)
            note("goes on")
            return .none
        }
        return fault
    }

    /// Lets time pass, and others run.
    private func delay() {
        switch UInt8.random(in: 0..<20, using: &world.random) {
        case 0: world.scheduler.sleep(Double.random(in: 0..<2, using: &world.random) * plan.slowness)
        case 1..<6: world.scheduler.sleep(Double.random(in: 0..<0.05, using: &world.random) * plan.slowness)
        default: world.scheduler.yield()
        }
    }

    /// Ends the process: from now on it can do nothing to others.
    func die() {
        note("dies")
        life.end()
        world.scheduler.kill(process: life.process)
    }

    /// Does an operation that changes nothing.
    private func read<Result>(
        _ text: String, _ name: ObjectName?, _ body: () throws(VarveError) -> Result
    ) throws(VarveError) -> Result {
        let fault = try begin(text, name, isChange: false)
        delay()
        if fault == .crash, !isDead { die() }
        if isDead { throw deathError }
        if fault == .failure || fault == .lostAnswer { throw failureError(text) }
        note(text, name)
        let result = try body()
        delay()
        if isDead { throw deathError }
        return result
    }

    private func change(_ change: SimulatedStorage.Change) throws(VarveError) {
        let fault = try begin(change.text, change.name, isChange: true)
        if fault == .failure {
            delay()
            throw failureError(change.text)
        }
        delay()
        if fault == .crash, !isDead { die() }
        if isDead {
            settle(change)
            throw deathError
        }
        guard place.storage.hasRoom(for: change) else {
            note("no room for", change.name)
            world.count("no room")
            throw VarveError(.storage, "no space is left", isRetryable: true)
        }
        if case .delete(let name) = change, !world.isAtRest, place.retains(name, at: world.scheduler.now) {
            note("retained", name)
            world.count("a refused deletion")
            throw VarveError(.retained, "the storage keeps \(name) for now", isRetryable: true)
        }
        apply(change)
        delay()
        if fault == .repetition, !isDead {
            apply(change)
            delay()
        }
        if isDead { throw deathError }
        if fault == .lostAnswer { throw failureError(change.text) }
    }

    private func apply(_ change: SimulatedStorage.Change) {
        note(change.text, change.name)
        let isLosing = breach == .losesPacks || (breach == .losesCopiedPacks && isSecond)
        if isLosing, case .put(let name, _) = change, name.folder == .data, world.breaks() { return }
        place.storage.apply(change, at: world.scheduler.now)
    }

    /// Decides what becomes of a change that was under way when the process died: it is lost, done, or done later.
    private func settle(_ change: SimulatedStorage.Change) {
        switch UInt8.random(in: 0..<4, using: &world.random) {
        case 0, 1: note("lost: \(change.text)", change.name)
        case 2:
            note("got through: \(change.text)", change.name)
            place.storage.apply(change, at: world.scheduler.now)
        default: world.deliverLate(change, to: place)
        }
    }

    // MARK: Backend

    func readConfiguration() throws(VarveError) -> [UInt8]? { nil }
    func createLayout() {}
    func writeConfiguration(_ bytes: [UInt8]) {}
    func prepareForWriting() {}

    func put(_ name: ObjectName, _ bytes: [UInt8]) throws(VarveError) {
        if name.folder == .locks { ownLocks[name] = bytes.count }
        if name.folder == .index { ownRecords.insert(name) }
        oldView?.add(name, bytes.count)
        try change(.put(name, bytes))
    }

    func put(_ name: ObjectName, from file: TemporaryFile) throws(VarveError) {
        let bytes = try reportingErrors(as: .local) { () throws(SystemError) in
            try OpenFile.open(file.path).readAll(limit: name.folder.objectSizeLimit)
        }
        file.discard()
        try put(name, bytes)
    }

    func read(_ name: ObjectName) throws(VarveError) -> [UInt8] {
        try read("read", name) { () throws(VarveError) in
            guard let bytes = stored(name) else { throw missing(name) }
            return bytes
        }
    }

    func read(
        _ name: ObjectName, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(VarveError) {
        try read("read \(buffer.count) bytes at \(offset)", name) { () throws(VarveError) in
            guard let bytes = stored(name) else { throw missing(name) }
            guard offset <= UInt64(bytes.count), buffer.count <= bytes.count - Int(offset) else {
                throw .damaged("\(name)", "it is truncated")
            }
            buffer.copyBytes(from: bytes[Int(offset)..<Int(offset) + buffer.count])
        }
    }

    /// What changes while it is under way is in the listing or not.
    func list(_ folder: StorageFolder, _ body: (ListedObject) -> Void) throws(VarveError) {
        for isUpper in [false, true] {
            let found = try read("list \(folder.rawValue)", nil) { () throws(VarveError) in
                let listing = place.storage.list(folder, at: world.scheduler.now, random: &world.random)
                return (oldView?.listing(of: folder, now: listing) ?? listing)
                    .filter { ($0.id.bytes[0] >= 128) == isUpper }
            }
            for object in found where !hides(ObjectName(folder, object.id)) { body(object) }
        }
        guard breach == .showsOldLocks, folder == .locks else { return }
        for (name, size) in ownLocks where place.storage.objects[name] == nil {
            body(ListedObject(id: name.id, size: UInt64(size)))
        }
    }

    private func hides(_ name: ObjectName) -> Bool {
        switch breach {
        case .hidesLocks: name.folder == .locks && ownLocks[name] == nil
        case .hidesCondemnations: !ownRecords.contains(name) && type(of: name) == .condemnRecord
        case .hidesVoids: type(of: name) == .voidRecord
        default: false
        }
    }

    /// What an object in `index/` is.
    private func type(of name: ObjectName) -> ObjectType? {
        // What is damaged is not hidden: that would be noticed for another reason.
        guard name.folder == .index, place.storage.undamaged[name] == nil, let bytes = place.storage.objects[name]
        else {
            return nil
        }
        return try? ObjectHeader(decoding: bytes[...], of: "\(name)").type
    }

    func delete(_ name: ObjectName) throws(VarveError) { try change(.delete(name)) }

    func setAside(_ name: ObjectName) throws(VarveError) {
        if place.storage.objects[name] == nil { throw missing(name) }
        try change(.setAside(name))
    }

    private func stored(_ name: ObjectName) -> [UInt8]? {
        if breach == .hidesDamage, let bytes = place.storage.undamaged[name] { return bytes }
        if let bytes = place.storage.objects[name] { return bytes }
        return oldView != nil && name.folder == .index ? place.storage.deleted.first { $0.name == name }?.bytes : nil
    }

    private func missing(_ name: ObjectName) -> VarveError { VarveError(.notFound, "\(name) does not exist") }
}
