import Glibc

/// Names of users and groups by number and back, asked of the system once each and kept; safe on any thread.
///
/// An account that the system does not know, or cannot tell at the moment, has no name and stays so.
package final class AccountNames: @unchecked Sendable {
    // Both are guarded by `lock`.
    private var names: [Key<UInt32>: String?] = [:]
    private var numbers: [Key<String>: UInt32?] = [:]
    private let lock: UnsafeMutablePointer<pthread_mutex_t>

    private struct Key<Value: Hashable>: Hashable {
        let isGroup: Bool
        let value: Value
    }

    package init() {
        lock = .allocate(capacity: 1)
        pthread_mutex_init(lock, nil)
    }

    deinit {
        pthread_mutex_destroy(lock)
        lock.deallocate()
    }

    package func userName(of id: UInt32) -> String? {
        remembering(\.names, Key(isGroup: false, value: id)) {
            AccountNames.find(passwd(), { getpwuid_r(id, $0, $1, $2, $3) }, { String(cString: $0.pw_name) })
        }
    }

    package func groupName(of id: UInt32) -> String? {
        remembering(\.names, Key(isGroup: true, value: id)) {
            AccountNames.find(group(), { getgrgid_r(id, $0, $1, $2, $3) }, { String(cString: $0.gr_name) })
        }
    }

    package func userID(of name: String) -> UInt32? {
        remembering(\.numbers, Key(isGroup: false, value: name)) {
            AccountNames.find(passwd(), { getpwnam_r(name, $0, $1, $2, $3) }, { $0.pw_uid })
        }
    }

    package func groupID(of name: String) -> UInt32? {
        remembering(\.numbers, Key(isGroup: true, value: name)) {
            AccountNames.find(group(), { getgrnam_r(name, $0, $1, $2, $3) }, { $0.gr_gid })
        }
    }

    private func remembering<K: Hashable, V>(
        _ table: ReferenceWritableKeyPath<AccountNames, [K: V?]>, _ key: K, _ find: () -> V?
    ) -> V? {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        if let value = self[keyPath: table][key] { return value }
        let value = find()
        self[keyPath: table].updateValue(value, forKey: key)
        return value
    }

    /// Calls one of the `get…_r` functions with a buffer that is large enough, and takes `value` of what it finds.
    private static func find<Record, Value>(
        _ empty: Record,
        _ call: (
            UnsafeMutablePointer<Record>, UnsafeMutablePointer<CChar>, Int,
            UnsafeMutablePointer<UnsafeMutablePointer<Record>?>
        ) -> Int32,
        _ value: (Record) -> Value
    ) -> Value? {
        var capacity = 1 << 10
        while true {
            var record = empty
            var found: UnsafeMutablePointer<Record>?
            var code: Int32 = 0
            let result = withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer -> Value? in
                code = call(&record, buffer.baseAddress.unsafelyUnwrapped, capacity, &found)
                return code == 0 ? found.map { value($0.pointee) } : nil
            }
            // A group may have thousands of members, which need room though only its name is wanted.
            if code == ERANGE, capacity < 1 << 24 { capacity *= 2 } else if code != EINTR { return result }
        }
    }
}
