import Primitives
import Repositories

extension SimulatedProcess {
    /// Adds a master key.
    func rotateKey() {
        guard place.configuration.isEncrypted else { return }
        perform("key rotation") { () throws(VarveError) in
            note("epoch \(try repository.rotateMasterKey().epoch)")
        }
    }
}
