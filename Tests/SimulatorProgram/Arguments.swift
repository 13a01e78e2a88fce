import Glibc
import Simulator

/// What the command line asks for.
struct Arguments {
    static let usage = """
        usage: varve-simulate [--seeds N] [--first S] [--seed S] [--trace] [--step N] [--twice] [--breach NAME]
          --seeds N       runs, one for each seed (default 100)
          --first S       the first seed (default 1)
          --seed S        this one alone
          --step N        every nth seed, for several processes side by side
          --trace         prints all that happens
          --twice         plays each run twice and compares what happened
          --breach NAME   breaks a promise, to see that it is noticed: \(Breach.allCases.map(\.rawValue).joined(separator: ", "))
          --scratch PATH  a folder for caches (default /dev/shm)
        """

    var first: UInt64 = 1
    var count: UInt64 = 100
    var step: UInt64 = 1
    var printsTrace = false
    var playsTwice = false
    var breach: Breach?
    var scratch = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"

    struct Wrong: Error, CustomStringConvertible {
        let description: String
    }

    /// - Throws: ``Wrong``.
    init(_ words: some Collection<String>) throws(Wrong) {
        var words = Array(words)[...]
        while let word = words.popFirst() {
            switch word {
            case "--trace": printsTrace = true
            case "--twice": playsTwice = true
            case "--seeds": count = try Arguments.number(of: word, &words)
            case "--first": first = try Arguments.number(of: word, &words)
            case "--step": step = max(1, try Arguments.number(of: word, &words))
            case "--seed":
                first = try Arguments.number(of: word, &words)
                count = 1
            case "--scratch": scratch = try Arguments.value(of: word, &words)
            case "--breach":
                let name = try Arguments.value(of: word, &words)
                guard let found = Breach(rawValue: name) else { throw Wrong(description: "there is no breach \(name)") }
                breach = found
            default: throw Wrong(description: "unknown argument \(word)")
            }
        }
    }

    private static func value(of option: String, _ words: inout ArraySlice<String>) throws(Wrong) -> String {
        guard let word = words.popFirst() else { throw Wrong(description: "\(option) needs a value") }
        return word
    }

    private static func number(of option: String, _ words: inout ArraySlice<String>) throws(Wrong) -> UInt64 {
        guard let number = UInt64(try value(of: option, &words)) else {
            throw Wrong(description: "\(option) needs a number")
        }
        return number
    }
}
