import FuzzTargets

/// The loop of libFuzzer: `int LLVMFuzzerRunDriver(int *, char ***, int (*)(const uint8_t *, size_t))`.
@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ check: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// `varve-fuzz TARGET [LIBFUZZER ARGUMENTS…]`; without arguments it lists the targets. `tools/fuzz` builds and runs it.
@main
enum FuzzEntry {
    nonisolated(unsafe) static var target: (any FuzzTarget)?

    static func main() throws {
        guard CommandLine.arguments.count > 1 else {
            for target in TargetList.all { print(target.name) }
            return
        }
        guard let type = TargetList.named(CommandLine.arguments[1]) else {
            fatalError("there is no target \(CommandLine.arguments[1])")
        }
        target = try type.init()
        // libFuzzer does not see the name of the target.
        var count = CommandLine.argc - 1
        var arguments = CommandLine.unsafeArgv + 1
        arguments[0] = CommandLine.unsafeArgv[0]
        _ = runFuzzer(&count, &arguments) { start, count in
            do {
                _ = try FuzzEntry.target?.check(Array(UnsafeRawBufferPointer(start: start, count: count)))
            } catch {
                fatalError("\(error)")
            }
            return 0
        }
    }
}
