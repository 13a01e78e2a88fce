/// How many a rule keeps.
package enum KeepCount: Hashable, Sendable {
    case newest(Int)
    case all

    package static let none = KeepCount.newest(0)

    /// Reads a number, or `unlimited` or -1 for all; `nil` for anything else.
    package init?(parsing text: String) {
        if text == "unlimited" || text == "-1" {
            self = .all
        } else if let number = Int(text), number >= 0 {
            self = .newest(number)
        } else {
            return nil
        }
    }

    /// Whether one more may be kept where there are `count` already.
    func hasRoom(after count: Int) -> Bool {
        switch self {
        case .newest(let number): count < number
        case .all: true
        }
    }
}
