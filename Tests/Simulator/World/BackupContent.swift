import FileIO
import Primitives
import SeededData

/// What a snapshot must hold.
struct BackupContent: Sendable {
    /// By name.
    var streams: [String: [UInt8]] = [:]
    /// The files of the machine, where they are backed up too.
    var files: FileTree?

    var paths: [BytePath] { files == nil ? [] : [BytePath("/" + FileTree.folder)] }
}

extension SimulatedWorld {
    /// What a machine backs up next. Its files are what they were when it was last asked to change them.
    func drawContent(on machine: SimulatedMachine) -> BackupContent {
        let streams = contents.draw(random: &random)
        guard conditions.hasTrees, let files = machine.files else { return BackupContent(streams: streams) }
        switch random.next() % 4 {
        case 0: return BackupContent(streams: streams)
        case 1: return BackupContent(streams: streams, files: files)
        default: return BackupContent(files: files)
        }
    }

    /// Something happens to the files of all machines. No backup may be at work.
    func changeFiles() {
        guard conditions.hasTrees else { return }
        for machine in machines {
            var files = machine.files ?? FileTree()
            files.change(random: &random) { contents.block(random: &$0) }
            show(files, on: machine)
        }
    }

    /// Makes the files of a machine what they shall be.
    func show(_ files: FileTree, on machine: SimulatedMachine) {
        do throws(SystemError) {
            try files.write(below: machine.fileRoot ?? scratch)
            machine.files = files
        } catch {
            violate("the files of \(machine.host) cannot be made: \(error)")
        }
    }
}
