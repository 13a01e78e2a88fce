import Primitives
import Testing

/// The error that `body` ends with; `nil` where it comes to a good end. Anything but a `VarveError` is an issue.
@discardableResult
package func failure<Result>(_ body: () throws -> Result) -> VarveError? {
    do {
        _ = try body()
        return nil
    } catch let error as VarveError {
        return error
    } catch {
        Issue.record("not an error for users: \(error)")
        return nil
    }
}
