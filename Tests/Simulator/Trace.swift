import Backends
import Primitives

/// What happened in a run, in order.
package struct Trace {
    /// One thing that happened.
    private struct Event {
        let time: Double
        let process: Int
        let object: ObjectName?
        let text: String
    }

    private var events: [Event] = []
    /// A number that two runs share only if the same happened in both.
    package private(set) var fingerprint: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ text: String, _ object: ObjectName? = nil, process: Int, at time: Double) {
        events.append(Event(time: time, process: process, object: object, text: text))
        mix(time.bitPattern)
        mix(UInt64(process))
        for byte in text.utf8 { mix(UInt64(byte)) }
        if let object { withUnsafeBytes(of: object.id) { for byte in $0 { mix(UInt64(byte)) } } }
    }

    /// FNV-1a.
    private mutating func mix(_ number: UInt64) { fingerprint = (fingerprint ^ number) &* 0x100_0000_01B3 }

    /// A line for each event.
    package var lines: [String] {
        events.map { event in
            let seconds = String(Int(event.time * 1000))
            let padding = String(repeating: " ", count: max(0, 11 - seconds.count))
            let object = event.object.map { " \($0.folder.rawValue)/\($0.id.shortHex)" } ?? ""
            return "\(padding)\(seconds) ms  p\(event.process)  \(event.text)\(object)"
        }
    }
}
