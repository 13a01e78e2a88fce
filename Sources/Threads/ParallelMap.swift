import Primitives

/// Does the same with each of some elements, several at once, and hands over what came of it in the order of the elements.
///
/// It is made for work that waits, such as requests to a storage. Where only one is to be done at a time, no thread is made.
public struct ParallelMap: Sendable {
    private let width: Int
    private let weightLimit: Int

    /// - Parameters:
    ///   - width: how many elements are worked on at once.
    ///   - weightLimit: bounds the weights of those that are begun and not handed over yet; one alone may be above it.
    public init(width: Int, weightLimit: Int = .max) {
        self.width = max(width, 1)
        self.weightLimit = weightLimit
    }

    /// Gives each element to `body` on one of the threads, and the results to `take` on the calling one.
    ///
    /// - Parameter weights: one for each element, such as the bytes that it will take in memory; `nil` where they do not matter.
    /// - Throws: what `take` throws; nothing more is begun then, and what was begun is waited for.
    public func run<Element: Sendable, Value: Sendable>(
        _ elements: [Element], weights: [Int]? = nil,
        _ body: @escaping @Sendable (Element) throws(VarveError) -> Value,
        _ take: (Element, Result<Value, VarveError>) throws(VarveError) -> Void
    ) throws(VarveError) {
        guard width > 1, elements.count > 1 else {
            for element in elements { try take(element, Result { () throws(VarveError) in try body(element) }) }
            return
        }
        // Twice the width, so that nobody waits for work while results are taken.
        let ahead = 2 * width
        let pool = WorkerPool(name: "parallel", width: min(width, elements.count), backlog: ahead)
        defer { pool.finish() }
        var begun: [(promise: Promise<Value>, weight: Int)] = []
        var begunWeight = 0
        var next = 0
        for element in elements {
            while next < elements.count, begun.count < ahead {
                let weight = min(weights?[next] ?? 0, weightLimit)
                guard begun.isEmpty || weight <= weightLimit - begunWeight else { break }
                let following = elements[next]
                let promise = Promise<Value>()
                pool.submit { _ in promise.fulfil(Result { () throws(VarveError) in try body(following) }) }
                begun.append((promise, weight))
                begunWeight += weight
                next += 1
            }
            let first = begun.removeFirst()
            let result = Result { () throws(VarveError) in try first.promise.value() }
            begunWeight -= first.weight
            try take(element, result)
        }
    }

    /// Gives each element to `body`, and the results in the order of the elements.
    ///
    /// - Throws: what `body` throws for the first element that fails.
    public func map<Element: Sendable, Value: Sendable>(
        _ elements: [Element], _ body: @escaping @Sendable (Element) throws(VarveError) -> Value
    ) throws(VarveError) -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(elements.count)
        try run(elements, body) { _, result throws(VarveError) in values.append(try result.get()) }
        return values
    }
}
