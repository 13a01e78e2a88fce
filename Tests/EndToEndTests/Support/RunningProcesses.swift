import Glibc

/// The processes of this machine, as Linux shows them.
enum RunningProcesses {
    /// Whether any has `text` among its arguments.
    static func exist(naming text: String) -> Bool {
        guard let stream = opendir("/proc") else { return false }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = String(decoding: Files.name(of: entry), as: UTF8.self)
            guard pid_t(name) != nil, let arguments = try? Files.read("/proc/\(name)/cmdline") else { continue }
            if String(decoding: arguments, as: UTF8.self).contains(text) { return true }
        }
        return false
    }
}
