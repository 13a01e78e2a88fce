import SeededData
/// Rows of a shop's orders as PostgreSQL's COPY writes them: ids, names, timestamps, JSON, notes, hashes. zstd's level 1 makes
/// about 1/2.8 of them.
struct DumpRows {
    private var random: SeededRandom
    private var id = 1_000_000
    /// Seconds of the current day; rows come in the order of their time.
    private var second = 0
    private var day = 0
    private var row: [UInt8] = []

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
        row.reserveCapacity(1024)
    }

    private static func words(_ text: String) -> [[UInt8]] { text.split(separator: " ").map { Array($0.utf8) } }

    private let firstNames = words(
        """
        Anna Bela Carla David Elena Felix Greta Hugo Ines Jonas Klara Leon Maria Nils Olga Paul Quentin Rosa Simon \
        Tara Uwe Vera Walter Xenia Yusuf Zoe Amara Bruno Chiara Dmitri Esther Farid Giulia Hanna Ivan Julia Kofi Lena
        """)
    private let lastNames = words(
        """
        Adler Becker Castillo Dubois Engel Fischer Garcia Hoffmann Ivanov Jansen Keller Lehmann Moreau Novak Okafor \
        Petersen Quist Rossi Schmidt Tanaka Ullmann Vogel Weber Xu Yilmaz Zimmermann Andersson Bianchi Costa Dahl
        """)
    private let statuses = words("new paid packed shipped delivered returned cancelled")
    private let streets = words(
        "Hauptstrasse Gartenweg Lindenallee Bahnhofstrasse Schulweg Seestrasse Marktplatz Kirchgasse Bergstrasse Am-Ufer"
    )
    private let items = words(
        """
        kettle lamp notebook chair backpack bicycle mirror carpet bottle blanket hammer camera pillow speaker clock \
        basket ladder printer toaster shelf curtain keyboard helmet jacket tripod monitor guitar puzzle wallet candle
        """)
    private let noteWords = words(
        """
        please leave the parcel with our neighbour if nobody opens thank you call before delivery gift wrapped without \
        invoice ring twice second floor back door only after six in evening not on friday fragile handle care birthday \
        present for my daughter same colour as last time smaller size would be fine too urgent holiday until monday
        """)

    /// Fills `buffer` with whole rows and the beginning of one.
    consuming func fill(_ buffer: UnsafeMutableRawBufferPointer) {
        var position = 0
        while position < buffer.count {
            let row = next()
            let part = row.prefix(buffer.count - position)
            UnsafeMutableRawBufferPointer(rebasing: buffer[position...]).copyBytes(from: part)
            position += part.count
        }
    }

    /// The next row, with its newline.
    mutating func next() -> [UInt8] {
        row.removeAll(keepingCapacity: true)
        id += 1 + random.next(below: 3)
        second += random.next(below: 4)
        if second >= 86_400 { (day, second) = (day + 1, 0) }
        let first = firstNames[random.next(below: firstNames.count)]
        let last = lastNames[random.next(below: lastNames.count)]
        append(number: id)
        append("\t")
        row += first
        append(" ")
        row += last
        append("\t")
        row += first
        append(".")
        row += last
        append(number: random.next(below: 1000))
        append("@example.org\t")
        appendTime()
        append("\t")
        row += statuses[random.next(below: statuses.count)]
        append("\t")
        appendAmount()
        append("\t{\"items\": {")
        for item in 0..<1 + random.next(below: 3) {
            append(item == 0 ? "\"" : ", \"")
            row += items[random.next(below: items.count)]
            append("\": ")
            appendAmount()
        }
        append("}, \"street\": \"")
        row += streets[random.next(below: streets.count)]
        append(" ")
        append(number: 1 + random.next(below: 200))
        append("\"}\t")
        appendNote()
        append("\t")
        for _ in 0..<3 { appendHex(random.next()) }
        append("\n")
        return row
    }

    @inline(__always)
    private mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { row.append(contentsOf: $0) }
    }

    private mutating func append(number: Int, width: Int = 1) {
        var scale = 1
        var digits = 1
        while number / scale >= 10 || digits < width {
            scale *= 10
            digits += 1
        }
        while scale > 0 {
            row.append(UInt8(ascii: "0") + UInt8(number / scale % 10))
            scale /= 10
        }
    }

    /// What a customer wrote: words in no order.
    private mutating func appendNote() {
        for word in 0..<random.next(below: 16) {
            if word > 0 { append(" ") }
            row += noteWords[random.next(below: noteWords.count)]
        }
    }

    private mutating func appendAmount() {
        append(number: random.next(below: 500))
        append(".")
        append(number: random.next(below: 100), width: 2)
    }

    private mutating func appendTime() {
        append("2024-")
        append(number: 1 + day / 28 % 12, width: 2)
        append("-")
        append(number: 1 + day % 28, width: 2)
        append(" ")
        append(number: second / 3600, width: 2)
        append(":")
        append(number: second / 60 % 60, width: 2)
        append(":")
        append(number: second % 60, width: 2)
        append(".")
        append(number: random.next(below: 1_000_000), width: 6)
        append("+00")
    }

    private mutating func appendHex(_ value: UInt64) {
        for shift in stride(from: 60, through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: value >> UInt64(shift)) & 15
            row.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}
